/**
 * The layout that Branding fills: what a template's own sections are put into. Its brand values are Liquid too, so that a
 * change of Branding shows in the next message, and no template is compiled again for it.
 *
 * It reads well in the mail programs that know little: tables and inline styles by MJML, no picture but the logo, which
 * travels with the message. Dark: colours of our own where the program asks (`prefers-color-scheme`), and neither pure
 * black nor pure white, which programs that invert by themselves turn into each other.
 */
const font = "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif";

const style = `
:root { color-scheme: light dark; supported-color-schemes: light dark; }
h1 { margin:0; font-size:24px; line-height:1.3; font-weight:600; }
h2 { margin:0; font-size:17px; line-height:1.4; font-weight:600; }
p { margin:0 0 16px; }
p:last-child { margin-bottom:0; }
.body a { color:{{ brand.color_link }}; }
@media only screen and (max-width:479px) {
  h1 { font-size:22px !important; }
}
@media (prefers-color-scheme: dark) {
  body, .page, .page > div, .head, .head > table, .foot, .foot > table { background:#161b1b !important; background-color:#161b1b !important; }
  .card, .card > table { background:#212828 !important; background-color:#212828 !important; }
  .card td, .card th, .card div, .card p, .card h1, .card h2, .card strong { color:#e3e9e8 !important; }
  .card .muted, .card .muted div, .card .muted td, .card .muted th, .card .muted p, .card div.muted { color:#a3b1af !important; }
  .card .rule td, .card .rule th, .card td.rule { border-color:#3a4443 !important; }
  .card .panel td { background-color:#2a3332 !important; }
  .body a { color:{{ brand.color_dark }} !important; }
  .page-text div { color:#a3b1af !important; }
  .head-name div, .head-name a { color:#e3e9e8 !important; }
  .head-logo img { background-color:#e9eeed !important; padding:6px 8px !important; border-radius:6px !important; }
}
`;

/** @param title Liquid; read aloud, and shown by browsers. */
export const wrapInLayout = (sections: string, preview: string, title: string): string => `<mjml lang="{{ language }}">
<mj-head>
<mj-title>${title}</mj-title>
${preview}
<mj-attributes>
<mj-all font-family="${font}" />
<mj-text font-size="16px" line-height="1.55" color="#26302f" padding="0 32px 16px" />
<mj-table font-size="15px" line-height="1.5" color="#26302f" padding="0 32px 16px" />
<mj-button background-color="{{ brand.color }}" color="{{ brand.color_on }}" font-size="16px" font-weight="600" border-radius="6px" inner-padding="13px 26px" align="left" padding="4px 32px 20px" />
<mj-divider border-width="1px" border-color="#dbe2e1" padding="8px 32px 20px" />
<mj-section background-color="#fdfefe" padding="0" css-class="card" />
<mj-class name="muted" color="#5a6867" font-size="14px" />
</mj-attributes>
<mj-style>${style}</mj-style>
<mj-raw><meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"><meta name="format-detection" content="telephone=no, date=no, address=no, email=no"></mj-raw>
</mj-head>
<mj-body width="600px" background-color="#eff3f2" css-class="page">
<mj-section background-color="#eff3f2" css-class="head" padding="28px 0 20px">
<mj-column>
<mj-raw>{% if brand.has_logo %}</mj-raw>
<mj-text css-class="head-logo" padding="0 32px">{% if brand.website != "" %}<a href="{{ brand.website }}" style="text-decoration:none;">{% endif %}<img src="cid:logo" alt="{{ brand.company_name }}" width="{{ brand.logo_width }}" height="{{ brand.logo_height }}" style="display:block;border:0;font-size:20px;font-weight:600;line-height:1.2;color:#26302f;">{% if brand.website != "" %}</a>{% endif %}</mj-text>
<mj-raw>{% elsif brand.company_name != "" %}</mj-raw>
<mj-text css-class="head-name" font-size="20px" font-weight="600" padding="0 32px">{{ brand.company_name }}</mj-text>
<mj-raw>{% endif %}</mj-raw>
</mj-column>
</mj-section>
<mj-section border-top="4px solid {{ brand.color }}" padding="0"><mj-column><mj-spacer height="28px" /></mj-column></mj-section>
${sections}
<mj-section padding="0"><mj-column><mj-spacer height="16px" /></mj-column></mj-section>
<mj-section background-color="#eff3f2" css-class="foot" padding="20px 0 32px">
<mj-column>
<mj-raw>{% if brand.footer != "" %}</mj-raw>
<mj-text css-class="page-text" font-size="13px" line-height="1.5" color="#5a6867" padding="0 32px 8px">{{ brand.footer | lines }}</mj-text>
<mj-raw>{% endif %}{% if brand.legal_text != "" %}</mj-raw>
<mj-text css-class="page-text" font-size="12px" line-height="1.5" color="#5a6867" padding="0 32px">{{ brand.legal_text | lines }}</mj-text>
<mj-raw>{% endif %}</mj-raw>
</mj-column>
</mj-section>
</mj-body>
</mjml>`;

/** Where plain HTML stands in the layout. */
export const asSection = (html: string): string =>
  `<mj-section><mj-column><mj-text css-class="body">${html}</mj-text></mj-column></mj-section>`;
