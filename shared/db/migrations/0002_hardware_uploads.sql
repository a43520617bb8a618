ALTER TABLE "hardware" ADD COLUMN "uploads" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "hardware" ADD COLUMN "uploads_fitted" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "hardware" ADD COLUMN "problem_code" text;--> statement-breakpoint
ALTER TABLE "hardware" ADD COLUMN "problem_message" text;--> statement-breakpoint
ALTER TABLE "measurements" ADD COLUMN "upload" integer NOT NULL;--> statement-breakpoint
CREATE INDEX "hardware_waiting" ON "hardware" USING btree ("created_at") WHERE "hardware"."uploads" > "hardware"."uploads_fitted";--> statement-breakpoint
CREATE INDEX "measurements_upload" ON "measurements" USING btree ("tenant_id","hardware_id","upload","item");--> statement-breakpoint
ALTER TABLE "hardware" ADD CONSTRAINT "hardware_uploads" CHECK ("hardware"."uploads_fitted" between 0 and "hardware"."uploads");--> statement-breakpoint
ALTER TABLE "hardware" ADD CONSTRAINT "hardware_problem" CHECK (num_nonnulls("hardware"."problem_code", "hardware"."problem_message") in (0, 2));