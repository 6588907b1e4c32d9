import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./app.tsx";
import { giveStylesTheirNonce, stylesNonce } from "./styles-nonce.ts";
import "antd/dist/reset.css";
import "./page.css";

if (stylesNonce !== undefined) giveStylesTheirNonce(stylesNonce);

const root = document.querySelector("#root");
if (root === null) throw new Error("the page has no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
