import qrcode from "qrcode-generator";

/** A QR code as a drawing: black on white in both schemes, for cameras. */
export default function Qr({ text, label }: { text: string; label: string }) {
  const code = qrcode(0, "M");
  code.addData(text);
  code.make();
  const size = code.getModuleCount();
  const cells: string[] = [];
  for (let row = 0; row < size; row += 1)
    for (let column = 0; column < size; column += 1)
      if (code.isDark(row, column)) cells.push(`M${column + 2} ${row + 2}h1v1h-1z`);
  return (
    <svg
      viewBox={`0 0 ${size + 4} ${size + 4}`}
      width={200}
      height={200}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <rect width={size + 4} height={size + 4} fill="#fff" />
      <path d={cells.join("")} fill="#000" />
    </svg>
  );
}
