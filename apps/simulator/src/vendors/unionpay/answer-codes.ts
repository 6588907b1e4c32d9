/** 应答码 with UnionPay's words for them (平台接入接口规范 第5部分 附录). */
export const answerTexts = {
  "00": "成功[0000000]",
  "01": "交易失败。详情请咨询95516",
  "05": "交易已受理，请稍后查询交易结果",
  "10": "报文格式错误",
  "11": "验证签名失败",
  "12": "重复交易",
  "13": "报文交易要素缺失",
  "31": "商户状态不正确",
  "32": "无此交易权限",
  "33": "交易金额超限",
  "34": "查无此交易",
  "35": "原交易不存在或状态不正确，暂不允许交易",
  "36": "与原交易信息不符",
  "39": "交易不在受理时间范围内",
  "98": "文件不存在",
} as const;

export type AnswerCode = keyof typeof answerTexts;
export type RefusalCode = Exclude<AnswerCode, "00">;

const codes: ReadonlyMap<string, AnswerCode> = new Map([
  ["SUCCESS", "00"],
  ["NOTPAY", "05"],
  ["USERPAYING", "05"],
  ["PROCESSING", "05"],
]);

/** What UnionPay says of an order that stands so: every end but success is a failure. */
export function codeOf(status: string): AnswerCode {
  return codes.get(status) ?? "01";
}
