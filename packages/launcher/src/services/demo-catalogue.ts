/** What an empty shop sells until somebody puts its own products in. */
export const demoCatalogue = [
  { sku: "tea-longjing-100", name: "西湖龙井茶 100克", price: "128.00", available: 200 },
  { sku: "tea-tieguanyin-250", name: "安溪铁观音 250克", price: "88.50", available: 150 },
  { sku: "noodles-luosifen-6", name: "柳州螺蛳粉 6袋装", price: "39.80", available: 500 },
  { sku: "sauce-laoganma-280", name: "风味豆豉油辣椒 280克", price: "9.90", available: 1_000 },
  { sku: "cup-jingdezhen-blue", name: "景德镇青花瓷盖碗", price: "168.00", available: 60 },
  { sku: "lamp-desk-led", name: "护眼台灯 可调光", price: "219.00", available: 80 },
  { sku: "charger-65w", name: "65瓦氮化镓充电器", price: "99.00", available: 300 },
  { sku: "umbrella-folding", name: "全自动折叠伞", price: "45.60", available: 3 },
] as const;
