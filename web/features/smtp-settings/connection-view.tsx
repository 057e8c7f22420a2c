import type { Certificate, LadderResult } from '../../../contracts/diagnosis.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { sizeWords } from '../../ui/size-words.ts';
import { describeEncryption } from './report.ts';
import classes from './test-section.module.css';

/** What the test found out about the server: where, how encrypted, with which certificate, and what it offers. */
export function ConnectionView({ connection }: { connection: LadderResult['connection'] }) {
  if (connection.address === null) return null;
  const { certificates, capabilities, sizeLimitBytes } = connection;
  return (
    <section aria-label="Connection">
      <h3 className={classes.heading}>Connection</h3>
      <dl className={classes.facts}>
        <Fact label="Address">{connection.address}</Fact>
        <Fact label="Encryption">
          {describeEncryption(connection.encryption)}
          {connection.protocol ? `, ${connection.protocol} ${connection.cipher ?? ''}` : ''}
        </Fact>
        <Fact label="Largest message">{sizeLimitBytes ? sizeWords(sizeLimitBytes) : 'not announced'}</Fact>
        {capabilities.length > 0 ? (
          <Fact label="Offers">
            <span className="postern-words">{capabilities.join(' · ')}</span>
          </Fact>
        ) : null}
      </dl>
      {certificates.length > 0 ? (
        <>
          <h3 className={classes.heading}>
            {certificates.length > 1 ? 'Certificates, the server’s own first' : 'Certificate'}
          </h3>
          <ol className={classes.chain}>
            {certificates.map((certificate) => (
              <li key={certificate.fingerprint}>
                <CertificateView certificate={certificate} />
              </li>
            ))}
          </ol>
        </>
      ) : null}
    </section>
  );
}

function CertificateView({ certificate }: { certificate: Certificate }) {
  const { daysLeft } = certificate;
  const left = daysLeft < 0 ? `ended ${-daysLeft} days ago` : daysLeft === 1 ? '1 day left' : `${daysLeft} days left`;
  return (
    <dl className={classes.facts}>
      <Fact label="Subject">{certificate.subject}</Fact>
      {certificate.names.length > 0 ? <Fact label="Names">{certificate.names.join(', ')}</Fact> : null}
      <Fact label="Issuer">{certificate.issuer}</Fact>
      <Fact label="Valid">
        {certificate.validFrom.slice(0, 10)} to {certificate.validTo.slice(0, 10)},{' '}
        <span data-kind={daysLeft < 0 ? 'failed' : daysLeft < 14 ? 'waiting' : undefined} className={classes.daysLeft}>
          {left}
        </span>
      </Fact>
      <Fact label="SHA-256">
        <span className="postern-words">{certificate.fingerprint}</span>
        <CopyButton isIcon label="Copy fingerprint" text={certificate.fingerprint} />
      </Fact>
    </dl>
  );
}

function Fact({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
