/** @file Stages as tests look at them: what their templates hold. Needs `npm run build:lambda`. */
import { Template } from 'aws-cdk-lib/assertions';
import { fastpathApp } from './app.ts';
import type { Settings } from './config/settings.ts';

export interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  DeletionPolicy?: string;
}

/** The template of a stage. Throws where a rule of cdk-nag is broken that no exception names. */
export function synthesise(stage: string, settings: Settings): Template {
  const { app, stack } = fastpathApp(stage, settings);
  app.synth();
  return Template.fromStack(stack);
}

/** All of a type, by their logical ids. */
export function resources(template: Template, type: string): [string, Resource][] {
  return Object.entries(template.findResources(type)) as [string, Resource][];
}

/** What the first of a type is told. */
export function propertiesOf(template: Template, type: string): Record<string, unknown> {
  return resources(template, type)[0]![1].Properties;
}
