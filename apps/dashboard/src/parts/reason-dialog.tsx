import { Alert, Form, Input, Modal } from "antd";
import { type ReactNode, useState } from "react";

import { useTexts } from "../texts/preferences.ts";
import { sentenceOf } from "./problem.tsx";

export type ReasonDialogProps<Fields> = {
  readonly title: string;
  /** What will happen, before it does. */
  readonly does: ReactNode;
  readonly submit: string;
  readonly isDangerous?: boolean;
  /** Fields besides the reason, as `Form.Item`s. */
  readonly children?: ReactNode;
  /** Does it; what it throws is told in the dialog, which stays open. */
  readonly onSubmit: (fields: Fields & { readonly reason: string }) => Promise<unknown>;
  readonly onClose: () => void;
};

const longestReason = 500;

/** Asks for a reason, says what will happen, and does it. */
export function ReasonDialog<Fields = object>(props: ReasonDialogProps<Fields>) {
  const { title, does, submit, isDangerous = false, children, onSubmit, onClose } = props;
  const texts = useTexts();
  const [form] = Form.useForm<Fields & { readonly reason: string }>();
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Error>();

  const send = async (fields: Fields & { readonly reason: string }) => {
    setBusy(true);
    setRefusal(undefined);
    try {
      await onSubmit(fields);
      onClose();
    } catch (error) {
      setRefusal(error instanceof Error ? error : new Error(String(error)));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal
      open
      title={title}
      okText={submit}
      cancelText={texts.common.cancel}
      okButtonProps={{ danger: isDangerous }}
      confirmLoading={isBusy}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      <div className="stack">
        <Alert type={isDangerous ? "warning" : "info"} showIcon title={does} />
        <Form form={form} layout="vertical" onFinish={(fields) => void send(fields)} requiredMark={false}>
          {children}
          <Form.Item
            name="reason"
            label={texts.common.reason}
            extra={texts.common.reasonHint}
            rules={[{ required: true, whitespace: true, message: texts.common.needReason }]}
          >
            <Input.TextArea autoFocus rows={2} maxLength={longestReason} />
          </Form.Item>
        </Form>
        {refusal === undefined ? null : <Alert type="error" showIcon title={sentenceOf(refusal, texts)} />}
      </div>
    </Modal>
  );
}
