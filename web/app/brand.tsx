import classes from './brand.module.css';

/** A postern: the small gate at the side, and the way out. */
export function Brand() {
  return (
    <span className={classes.brand}>
      <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
        <path d="M7 28V15a9 9 0 0 1 18 0v13" />
        <path d="M12 21h13m-4.4-4.4L25 21l-4.4 4.4" />
      </svg>
      Postern
    </span>
  );
}
