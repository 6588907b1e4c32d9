export * from "./boot.ts";
