ALTER TABLE "data_sets" ADD COLUMN "verify_tries" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "data_sets" ADD COLUMN "verify_after" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "searches" ADD COLUMN "details_removed_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "searches_detailed" ON "searches" USING btree ("ended_at") WHERE "searches"."details_removed_at" is null;