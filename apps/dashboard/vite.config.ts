export { consoleConfig as default } from "./build/console-config.ts";
