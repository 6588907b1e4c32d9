import {
  AlertOutlined,
  DashboardOutlined,
  LogoutOutlined,
  MenuOutlined,
  ReloadOutlined,
  ShoppingOutlined,
} from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Layout as Frame, Button, Drawer, Grid, Menu, Tooltip, theme } from "antd";
import { useState } from "react";
import { Link, Outlet, useLocation } from "react-router";

import { auth, doneBy } from "../api/client.ts";
import { useTexts } from "../texts/preferences.ts";
import { useOperator } from "./session.ts";
import { Switches } from "./switches.tsx";

/** The frame of every page: where one can go, who one is, and the page itself. */
export function Layout() {
  const texts = useTexts();
  const { token } = theme.useToken();
  const isWide = Grid.useBreakpoint().lg ?? true;
  const [isOpen, setOpen] = useState(false);
  const line = { borderColor: token.colorBorderSecondary, background: token.colorBgContainer };
  return (
    <Frame className="shell" style={{ ["--line" as string]: token.colorBorderSecondary }}>
      <a className="skip-link" href="#content">
        {texts.skip}
      </a>
      <Frame.Header className="shell-head" style={{ ...line, borderBottom: `1px solid ${token.colorBorderSecondary}` }}>
        {isWide ? null : (
          <Button type="text" aria-label={texts.menu} icon={<MenuOutlined />} onClick={() => setOpen(true)} />
        )}
        <div className="shell-brand">
          {texts.name} {isWide ? texts.console : null}
        </div>
        <Switches />
        <Person />
      </Frame.Header>
      <Frame>
        {isWide ? (
          <Frame.Sider width={200} style={{ background: token.colorBgContainer }}>
            <nav aria-label={texts.menu} style={{ position: "sticky", top: 56 }}>
              <Places onGo={() => setOpen(false)} />
            </nav>
          </Frame.Sider>
        ) : (
          <Drawer open={isOpen} onClose={() => setOpen(false)} placement="left" size={260} title={texts.name}>
            <Places onGo={() => setOpen(false)} />
          </Drawer>
        )}
        <main id="content" className="shell-content" tabIndex={-1}>
          <Outlet />
        </main>
      </Frame>
    </Frame>
  );
}

function Places({ onGo }: { readonly onGo: () => void }) {
  const { nav } = useTexts();
  const { pathname } = useLocation();
  const places = [
    { key: "/", label: nav.overview, icon: <DashboardOutlined /> },
    { key: "/orders", label: nav.orders, icon: <ShoppingOutlined /> },
    { key: "/failed", label: nav.failed, icon: <ReloadOutlined /> },
    { key: "/cases", label: nav.cases, icon: <AlertOutlined /> },
  ];
  return (
    <Menu
      mode="inline"
      style={{ borderInlineEnd: 0 }}
      selectedKeys={[`/${pathname.split("/")[1] ?? ""}`]}
      items={places.map(({ key, label, icon }) => ({
        key,
        icon,
        label: (
          <Link to={key} onClick={onGo}>
            {label}
          </Link>
        ),
      }))}
    />
  );
}

function Person() {
  const texts = useTexts();
  const { name, email, role } = useOperator();
  const queries = useQueryClient();
  const signOut = useMutation({
    mutationFn: async () => doneBy(auth["sign-out"].$post()),
    onSettled: async () => queries.resetQueries(),
  });
  const isWide = Grid.useBreakpoint().md ?? true;
  return (
    <>
      {isWide ? (
        <span title={email}>
          {name} · {texts.role[role]}
        </span>
      ) : null}
      <Tooltip title={texts.signOut}>
        <Button type="text" aria-label={texts.signOut} icon={<LogoutOutlined />} onClick={() => signOut.mutate()} />
      </Tooltip>
    </>
  );
}
