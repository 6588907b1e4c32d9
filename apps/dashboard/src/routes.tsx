import { createBrowserRouter } from "react-router";

import { NotFound } from "./parts/not-found.tsx";
import { PageFailed } from "./parts/page-failed.tsx";
import { Gate } from "./shell/gate.tsx";

/** One chunk a page; the address says which, and with which filters. */
export const router = createBrowserRouter(
  [
    {
      element: <Gate />,
      errorElement: <PageFailed />,
      hydrateFallbackElement: <></>,
      children: [
        {
          errorElement: <PageFailed />,
          children: [
            { index: true, lazy: async () => ({ Component: (await import("./pages/overview.tsx")).Overview }) },
            { path: "orders", lazy: async () => ({ Component: (await import("./pages/orders.tsx")).Orders }) },
            { path: "orders/:id", lazy: async () => ({ Component: (await import("./pages/order.tsx")).OrderPage }) },
            { path: "failed", lazy: async () => ({ Component: (await import("./pages/failed.tsx")).Failed }) },
            { path: "cases", lazy: async () => ({ Component: (await import("./pages/cases.tsx")).Cases }) },
            { path: "cases/:id", lazy: async () => ({ Component: (await import("./pages/case.tsx")).CasePage }) },
            { path: "*", element: <NotFound /> },
          ],
        },
      ],
    },
  ],
  { basename: "/dashboard" },
);
