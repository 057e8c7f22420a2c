/**
 * What stands in From: an explicit From of the submission, where the settings may send for it; else the template's From name
 * and address, each alone if only one of them is set; else the From name and Email Address of the settings.
 *
 * One function for the message and for its preview, so that the two cannot differ.
 */
export interface FromParts {
  /** Of the submission; null: it gives none. */
  explicit: { name: string; address: string } | null;
  /** '' where the template leaves it to the settings; null: no template. */
  template: { name: string; address: string } | null;
  settings: { fromName: string; fromEmail: string };
  /** Whether the settings may send for the explicit address. */
  mayBeExplicit?: boolean;
}

export type FromSource = 'submission' | 'template' | 'settings';

export interface ChosenFrom {
  name: string;
  address: string;
  nameSource: FromSource;
  addressSource: FromSource;
}

export const chooseFrom = ({ explicit, template, settings, mayBeExplicit = true }: FromParts): ChosenFrom => {
  if (explicit && mayBeExplicit) return { ...explicit, nameSource: 'submission', addressSource: 'submission' };
  return {
    name: template?.name || settings.fromName,
    address: template?.address || settings.fromEmail,
    nameSource: template?.name ? 'template' : 'settings',
    addressSource: template?.address ? 'template' : 'settings',
  };
};

/** Which source won and why, in one sentence. @param settingsName of the SMTP settings. */
export const explainFrom = (from: ChosenFrom, parts: FromParts, settingsName: string): string => {
  const { nameSource, addressSource } = from;
  const refused =
    parts.explicit && addressSource !== 'submission'
      ? `The SMTP settings “${settingsName}” may not send for ${parts.explicit.address}. `
      : '';
  if (addressSource === 'submission') {
    return 'Name and address are those that the message was submitted with; they go before template and settings.';
  }
  if (nameSource === 'template' && addressSource === 'template') {
    return `${refused}Name and address are the template’s; they go before those of the SMTP settings “${settingsName}”.`;
  }
  if (addressSource === 'template') {
    return `${refused}The address is the template’s; it sets no name, so that is the one of the SMTP settings “${settingsName}”.`;
  }
  if (nameSource === 'template') {
    return `${refused}The name is the template’s; it sets no address, so that is the one of the SMTP settings “${settingsName}”.`;
  }
  const lead = parts.template ? 'The template sets neither name nor address, so both are' : 'Name and address are';
  return `${refused}${lead} those of the SMTP settings “${settingsName}”.`;
};
