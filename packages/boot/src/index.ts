export * from "./alert-settings.ts";
export * from "./boot.ts";
