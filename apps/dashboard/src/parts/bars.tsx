import { theme } from "antd";

import { useFormat } from "../texts/use-format.ts";

type BarsProps = {
  readonly labels: readonly string[];
  readonly points: readonly { readonly at: string; readonly counts: readonly number[] }[];
};

const width = 600;
const height = 150;
/** Of a slot's width, what its bars fill. */
const filled = 0.8;

/** Counts over time as bars side by side; hovering one tells its number, the legend each sum. */
export function Bars({ labels, points }: BarsProps) {
  const { token } = theme.useToken();
  const { count } = useFormat();
  const colors = [token.colorPrimary, token.colorSuccess, token.colorTextQuaternary];
  const highest = Math.max(1, ...points.flatMap(({ counts }) => counts));
  const slot = width / points.length;
  const bar = (slot * filled) / labels.length;
  const sums = labels.map((_, series) => points.reduce((sum, { counts }) => sum + (counts[series] ?? 0), 0));
  const legend = labels.map((label, series) => `${label} ${count(sums[series] ?? 0)}`);
  return (
    <>
      <svg
        className="bars"
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={legend.join(", ")}
      >
        <line x1={0} x2={width} y1={height - 0.5} y2={height - 0.5} stroke={token.colorBorder} />
        {points.flatMap(({ at, counts }, index) =>
          counts.map((value, series) => (
            <rect
              key={`${at} ${labels[series] ?? ""}`}
              x={index * slot + (slot * (1 - filled)) / 2 + series * bar}
              width={bar}
              y={height - (value / highest) * (height - 4)}
              height={(value / highest) * (height - 4)}
              fill={colors[series]}
            >
              <title>{`${at}: ${labels[series] ?? ""} ${count(value)}`}</title>
            </rect>
          )),
        )}
      </svg>
      <div className="legend" style={{ justifyContent: "space-between", color: token.colorTextSecondary }}>
        <span>{points[0]?.at}</span>
        <span>{points.at(-1)?.at}</span>
      </div>
      <div className="legend" aria-hidden style={{ marginTop: 8 }}>
        {legend.map((text, series) => (
          <span key={text}>
            <span className="legend-mark" style={{ background: colors[series] }} />
            {text}
          </span>
        ))}
      </div>
    </>
  );
}
