export * from "./ensure-built.ts";
