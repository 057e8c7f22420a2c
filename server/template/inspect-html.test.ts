import { expect, it } from 'vitest';
import { inspectHtml } from './inspect-html.ts';

const find = (html: string) => inspectHtml(html, 1000).map(({ severity, code }) => `${severity} ${code}`);

it.each([
  ['<img src="cid:logo" alt="">', []],
  ['<img src="cid:logo">', ['warning missing_alt']],
  ['<img src="https://x.example/a.png" alt="a">', ['warning external_image']],
  ['<img src=//x.example/a.png alt=a>', ['warning external_image']],
  ['<img src="data:image/png;base64,AA" alt="a">', ['warning data_image']],
  ['<a href="">x</a>', ['warning link']],
  ['<a href="/relative">x</a>', ['warning link']],
  ['<a href="http://x.example">x</a>', ['warning link']],
  ['<a href="https://x.example">x</a><a href="mailto:a@b.example">x</a><a name="x">x</a>', []],
  ['<a href="java&#10;script:alert(1)">x</a>', ['error script', 'warning link']],
  ['<a href="&#106;avascript&colon;alert(1)">x</a>', ['error script', 'warning link']],
  ['<p onclick="x()">x</p>', ['error script']],
  ['<SCRIPT src=x></SCRIPT>', ['error script']],
  ['<iframe src="https://x.example"></iframe>', ['error script']],
  ['<link rel="stylesheet" href="https://x.example/a.css">', ['warning external_resource']],
  ['<style>@import "https://x.example/a.css";</style>', ['warning external_resource']],
  ['<td style="background:url(https://x.example/a.png)">', ['warning external_resource']],
  ['<form action="https://x.example"></form>', ['warning form']],
  ['<!-- <img src="x"> <script> -->', []],
  ['x'.repeat(1001), ['warning too_large']],
])('finds in %s: %j', (html, expected) => {
  expect(find(html)).toEqual(expected);
});

it('reads a million characters of half tags in no time', () => {
  const start = performance.now();
  for (const bait of ['<a href="', '<a ', '<!--', 'url(', '&#', '<a b=c ']) inspectHtml(bait.repeat(100_000), 1000);
  expect(performance.now() - start).toBeLessThan(3000);
});
