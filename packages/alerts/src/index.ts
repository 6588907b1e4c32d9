export { type Channel, type ChannelFormat, openChannels } from "./channel.ts";
export { deliver } from "./deliver.ts";
export { type AlertNews, testNews } from "./news.ts";
export type { Language } from "./words.ts";
