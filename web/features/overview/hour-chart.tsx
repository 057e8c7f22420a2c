import type { Overview } from '../../../contracts/overview.ts';
import classes from './hour-chart.module.css';
import { scaleFor } from './scale.ts';

type Hours = Overview['hours'];

const width = 960;
const height = 160;
const gap = 6;

/** Recipients per hour: sent below, failed on top and hatched, on a scale that begins at zero. */
export function HourChart({ hours }: { hours: Hours }) {
  const sent = hours.reduce((sum, hour) => sum + hour.sent, 0);
  const failed = hours.reduce((sum, hour) => sum + hour.failed, 0);
  const top = scaleFor(Math.max(...hours.map((hour) => hour.sent + hour.failed)));
  const step = width / hours.length;
  const tall = (count: number) => (count === 0 ? 0 : Math.max(2, (count / top) * height));
  return (
    <figure className={classes.chart}>
      <figcaption className={classes.legend}>
        <span data-kind="sent">
          <b className="postern-figures">{sent.toLocaleString()}</b> sent
        </span>
        <span data-kind="failed">
          <b className="postern-figures">{failed.toLocaleString()}</b> failed
        </span>
        <span className={classes.unit}>recipients per hour</span>
      </figcaption>
      <div className={classes.plot} aria-hidden>
        <span className={classes.top}>{top.toLocaleString()}</span>
        <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden>
          <defs>
            <pattern id="failed-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <rect width="6" height="6" className={classes.failed} />
              <line x1="0" y1="0" x2="0" y2="6" className={classes.hatch} />
            </pattern>
          </defs>
          {[0, 0.5, 1].map((part) => (
            <line key={part} x1="0" x2={width} y1={height * part} y2={height * part} className={classes.grid} />
          ))}
          {hours.map((hour, place) => {
            const x = place * step + gap / 2;
            const below = tall(hour.sent);
            const above = tall(hour.failed);
            return (
              <g key={hour.startsAt} className={classes.hour}>
                <title>{hourWords(hour)}</title>
                <rect x={place * step} y={0} width={step} height={height} className={classes.ground} />
                <rect x={x} y={height - below} width={step - gap} height={below} className={classes.sent} />
                <rect x={x} y={height - below - above} width={step - gap} height={above} fill="url(#failed-hatch)" />
              </g>
            );
          })}
        </svg>
        <div className={classes.axis}>
          {hours.map((hour, place) => (
            <span key={hour.startsAt}>{place % 6 === 5 ? clock(hour.startsAt) : ''}</span>
          ))}
        </div>
      </div>
      <table className="postern-hidden">
        <caption>Recipients per hour</caption>
        <thead>
          <tr>
            <th scope="col">Hour from</th>
            <th scope="col">Sent</th>
            <th scope="col">Failed</th>
          </tr>
        </thead>
        <tbody>
          {hours.map((hour) => (
            <tr key={hour.startsAt}>
              <th scope="row">{clock(hour.startsAt)}</th>
              <td>{hour.sent}</td>
              <td>{hour.failed}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}

const clock = (at: string) => new Date(at).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });

const hourWords = ({ startsAt, sent, failed }: Hours[number]) =>
  `From ${clock(startsAt)}: ${sent.toLocaleString()} sent, ${failed.toLocaleString()} failed`;
