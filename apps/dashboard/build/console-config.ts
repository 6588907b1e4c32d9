import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** What the api replaces in the page by a number used once, so that Ant Design's styles pass a strict policy. */
const cspNonce = "{{nonce}}";

/** How the console is built, and served while it is worked on. */
export const consoleConfig = defineConfig({
  base: "/dashboard/",
  plugins: [react()],
  html: { cspNonce },
  build: {
    // What a browser of the last two years reads.
    target: "es2022",
    // An asset as a data: URL would need a looser policy.
    assetsInlineLimit: 0,
    manifest: true,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_500,
  },
  server: { proxy: { "/admin": "http://127.0.0.1:3000", "/auth": "http://127.0.0.1:3000" } },
});
