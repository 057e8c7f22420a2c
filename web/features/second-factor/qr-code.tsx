import { encode } from 'uqr';
import { drawModules } from './draw-modules.ts';
import classes from './second-factor.module.css';

/** A QR code (ISO/IEC 18004), drawn here: the secret goes to nobody else. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { ecc: 'M', border: 0 });
  return (
    <svg
      className={classes.qr}
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <path d={drawModules(data)} fill="#000" />
    </svg>
  );
}
