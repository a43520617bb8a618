ALTER TABLE "searches" DROP CONSTRAINT "searches_architecture";--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "job_list_sha256" text;--> statement-breakpoint
ALTER TABLE "searches" ADD COLUMN "kind" text DEFAULT 'search' NOT NULL;--> statement-breakpoint
ALTER TABLE "searches" ADD COLUMN "array_index" integer;--> statement-breakpoint
ALTER TABLE "searches" ADD COLUMN "seed" bigint;--> statement-breakpoint
CREATE UNIQUE INDEX "searches_order_child" ON "searches" USING btree ("order_id","array_index");--> statement-breakpoint
CREATE UNIQUE INDEX "searches_order_warm_up" ON "searches" USING btree ("order_id") WHERE "searches"."kind" = 'warm-up';--> statement-breakpoint
ALTER TABLE "orders" ADD CONSTRAINT "orders_job_list" CHECK ("orders"."job_list_sha256" ~ '^[0-9a-f]{64}$');--> statement-breakpoint
ALTER TABLE "searches" ADD CONSTRAINT "searches_kind" CHECK ("searches"."kind" in ('search', 'warm-up'));--> statement-breakpoint
ALTER TABLE "searches" ADD CONSTRAINT "searches_array" CHECK ("searches"."array_index" >= 0 and ("searches"."array_index" is null or "searches"."kind" = 'search'));--> statement-breakpoint
ALTER TABLE "searches" ADD CONSTRAINT "searches_architecture" CHECK ("searches"."state" <> 'succeeded' or ("searches"."kind" = 'search') = ("searches"."architecture_id" is not null));