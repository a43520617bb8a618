CREATE TABLE "architectures" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"search_id" text NOT NULL,
	"role" text NOT NULL,
	"body" jsonb NOT NULL,
	"macs" bigint NOT NULL,
	"parameters" bigint NOT NULL,
	"metrics" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "architectures_tenant_id_id_search_id_pk" PRIMARY KEY("tenant_id","id","search_id"),
	CONSTRAINT "architectures_id" CHECK ("architectures"."id" ~ '^[0-9a-f]{16}$'),
	CONSTRAINT "architectures_counts" CHECK ("architectures"."macs" >= 0 and "architectures"."parameters" >= 0),
	CONSTRAINT "architectures_role" CHECK ("architectures"."role" in ('result', 'pareto'))
);
--> statement-breakpoint
CREATE TABLE "attempts" (
	"tenant_id" text NOT NULL,
	"search_id" text NOT NULL,
	"n" integer NOT NULL,
	"job_id" text NOT NULL,
	"started_at" timestamp (3) with time zone,
	"stopped_at" timestamp (3) with time zone,
	"exit_code" integer,
	"exit_reason" text,
	"gpu_seconds" numeric(15, 3),
	"instance_type" text,
	"price_per_hour_micro_usd" bigint,
	CONSTRAINT "attempts_search_id_n_pk" PRIMARY KEY("search_id","n"),
	CONSTRAINT "attempts_n" CHECK ("attempts"."n" >= 1),
	CONSTRAINT "attempts_times" CHECK ("attempts"."stopped_at" is null or "attempts"."started_at" is null or "attempts"."stopped_at" >= "attempts"."started_at"),
	CONSTRAINT "attempts_seconds" CHECK ("attempts"."gpu_seconds" >= 0 and ("attempts"."gpu_seconds" is null or "attempts"."stopped_at" is not null)),
	CONSTRAINT "attempts_price" CHECK ("attempts"."price_per_hour_micro_usd" >= 0)
);
--> statement-breakpoint
CREATE TABLE "credit_balances" (
	"tenant_id" text PRIMARY KEY NOT NULL,
	"funded_micro_usd" bigint DEFAULT 0 NOT NULL,
	"available_micro_usd" bigint DEFAULT 0 NOT NULL,
	"reserved_micro_usd" bigint DEFAULT 0 NOT NULL,
	"spent_micro_usd" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "credit_balances_available" CHECK ("credit_balances"."available_micro_usd" >= 0),
	CONSTRAINT "credit_balances_reserved" CHECK ("credit_balances"."reserved_micro_usd" >= 0),
	CONSTRAINT "credit_balances_spent" CHECK ("credit_balances"."spent_micro_usd" >= 0),
	CONSTRAINT "credit_balances_sum" CHECK ("credit_balances"."funded_micro_usd" = "credit_balances"."available_micro_usd" + "credit_balances"."reserved_micro_usd" + "credit_balances"."spent_micro_usd")
);
--> statement-breakpoint
CREATE TABLE "credit_entries" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "credit_entries_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"tenant_id" text NOT NULL,
	"kind" text NOT NULL,
	"from_account" text NOT NULL,
	"to_account" text NOT NULL,
	"amount_micro_usd" bigint NOT NULL,
	"reference" text,
	"order_id" text,
	"search_id" text,
	"attempt" integer,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "credit_entries_amount" CHECK ("credit_entries"."amount_micro_usd" > 0),
	CONSTRAINT "credit_entries_accounts" CHECK (("credit_entries"."kind", "credit_entries"."from_account", "credit_entries"."to_account") in (('top-up', 'funding', 'available'), ('reserve', 'available', 'reserved'), ('charge', 'reserved', 'spent'), ('release', 'reserved', 'available'), ('refund', 'spent', 'reserved'), ('refund', 'spent', 'available'))),
	CONSTRAINT "credit_entries_columns" CHECK (case "credit_entries"."kind"
        when 'top-up' then "credit_entries"."reference" is not null and num_nonnulls("credit_entries"."order_id", "credit_entries"."search_id", "credit_entries"."attempt") = 0
        when 'charge' then "credit_entries"."reference" is null and num_nonnulls("credit_entries"."order_id", "credit_entries"."search_id", "credit_entries"."attempt") = 3
        when 'refund' then "credit_entries"."reference" is null and num_nonnulls("credit_entries"."order_id", "credit_entries"."search_id") = 2 and "credit_entries"."attempt" is null
        else "credit_entries"."order_id" is not null and num_nonnulls("credit_entries"."reference", "credit_entries"."search_id", "credit_entries"."attempt") = 0
      end)
);
--> statement-breakpoint
CREATE TABLE "credit_reservations" (
	"order_id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"amount_micro_usd" bigint NOT NULL,
	"held_micro_usd" bigint NOT NULL,
	"opened_at" timestamp (3) with time zone NOT NULL,
	"closed_at" timestamp (3) with time zone,
	CONSTRAINT "credit_reservations_held" CHECK ("credit_reservations"."held_micro_usd" between 0 and "credit_reservations"."amount_micro_usd"),
	CONSTRAINT "credit_reservations_closed" CHECK ("credit_reservations"."closed_at" is null or "credit_reservations"."held_micro_usd" = 0)
);
--> statement-breakpoint
CREATE TABLE "dashboard_sessions" (
	"token_sha256" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"key_id" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "dashboard_sessions_token" CHECK ("dashboard_sessions"."token_sha256" ~ '^[0-9a-f]{64}$'),
	CONSTRAINT "dashboard_sessions_expiry" CHECK ("dashboard_sessions"."expires_at" > "dashboard_sessions"."created_at")
);
--> statement-breakpoint
CREATE TABLE "data_sets" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"name" text NOT NULL,
	"source" text NOT NULL,
	"uri" text NOT NULL,
	"role_arn" text,
	"external_id" text,
	"state" text NOT NULL,
	"reason_code" text,
	"reason_message" text,
	"classes" integer,
	"images" bigint,
	"bytes" bigint,
	"fingerprint" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"verified_at" timestamp (3) with time zone,
	CONSTRAINT "data_sets_tenant_id" UNIQUE("tenant_id","id"),
	CONSTRAINT "data_sets_id" CHECK ("data_sets"."id" ~ '^ds_[0-9a-hjkmnp-tv-z]{26}$'),
	CONSTRAINT "data_sets_source" CHECK ("data_sets"."source" in ('upload', 'bucket', 'directory')),
	CONSTRAINT "data_sets_state" CHECK ("data_sets"."state" in ('pending', 'verifying', 'verified', 'refused')),
	CONSTRAINT "data_sets_fingerprint" CHECK ("data_sets"."fingerprint" ~ '^[0-9a-f]{64}$'),
	CONSTRAINT "data_sets_verified" CHECK ("data_sets"."state" <> 'verified' or ("data_sets"."verified_at" is not null and coalesce("data_sets"."classes", 0) >= 2 and coalesce("data_sets"."images", 0) > 0 and coalesce("data_sets"."bytes", 0) > 0)),
	CONSTRAINT "data_sets_refused" CHECK (("data_sets"."state" = 'refused') = ("data_sets"."reason_code" is not null)),
	CONSTRAINT "data_sets_role" CHECK ("data_sets"."source" = 'bucket' or "data_sets"."role_arn" is null)
);
--> statement-breakpoint
CREATE TABLE "hardware" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"name" text NOT NULL,
	"device" text NOT NULL,
	"runtime" text NOT NULL,
	"batch_size" integer NOT NULL,
	"precision" text NOT NULL,
	"threads" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "hardware_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "hardware_id" CHECK ("hardware"."id" ~ '^[a-z0-9][a-z0-9-]*$'),
	CONSTRAINT "hardware_counts" CHECK ("hardware"."batch_size" > 0 and "hardware"."threads" > 0),
	CONSTRAINT "hardware_precision" CHECK ("hardware"."precision" in ('fp32', 'fp16', 'int8'))
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"tenant_id" text NOT NULL,
	"key" text NOT NULL,
	"route" text NOT NULL,
	"request_sha256" text NOT NULL,
	"status" integer,
	"body" jsonb,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "idempotency_keys_tenant_id_key_pk" PRIMARY KEY("tenant_id","key"),
	CONSTRAINT "idempotency_keys_request" CHECK ("idempotency_keys"."request_sha256" ~ '^[0-9a-f]{64}$'),
	CONSTRAINT "idempotency_keys_key" CHECK (length("idempotency_keys"."key") between 1 and 255),
	CONSTRAINT "idempotency_keys_answer" CHECK (("idempotency_keys"."status" is null) = ("idempotency_keys"."body" is null)),
	CONSTRAINT "idempotency_keys_expiry" CHECK ("idempotency_keys"."expires_at" > "idempotency_keys"."created_at")
);
--> statement-breakpoint
CREATE TABLE "keys" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"name" text NOT NULL,
	"prefix" text NOT NULL,
	"sha256" text NOT NULL,
	"scopes" text[] NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"last_used_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	CONSTRAINT "keys_prefix_unique" UNIQUE("prefix"),
	CONSTRAINT "keys_sha256_unique" UNIQUE("sha256"),
	CONSTRAINT "keys_id" CHECK ("keys"."id" ~ '^key_[0-9a-hjkmnp-tv-z]{26}$'),
	CONSTRAINT "keys_sha256" CHECK ("keys"."sha256" ~ '^[0-9a-f]{64}$'),
	CONSTRAINT "keys_scopes" CHECK (cardinality("keys"."scopes") > 0 and "keys"."scopes" <@ array['predict', 'search', 'admin']::text[])
);
--> statement-breakpoint
CREATE TABLE "latency_models" (
	"tenant_id" text NOT NULL,
	"hardware_id" text NOT NULL,
	"version" text NOT NULL,
	"object_key" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "latency_models_tenant_id_hardware_id_version_pk" PRIMARY KEY("tenant_id","hardware_id","version"),
	CONSTRAINT "latency_models_version" CHECK ("latency_models"."version" ~ '^[0-9a-f]{16}$')
);
--> statement-breakpoint
CREATE TABLE "measurement_sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"code_sha256" text NOT NULL,
	"code_expires_at" timestamp (3) with time zone NOT NULL,
	"token_sha256" text,
	"hardware_id" text,
	"swapped_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "measurement_sessions_codeSha256_unique" UNIQUE("code_sha256"),
	CONSTRAINT "measurement_sessions_tokenSha256_unique" UNIQUE("token_sha256"),
	CONSTRAINT "measurement_sessions_bound" UNIQUE("tenant_id","hardware_id","id"),
	CONSTRAINT "measurement_sessions_id" CHECK ("measurement_sessions"."id" ~ '^ms_[0-9a-hjkmnp-tv-z]{26}$'),
	CONSTRAINT "measurement_sessions_code" CHECK ("measurement_sessions"."code_sha256" ~ '^[0-9a-f]{64}$'),
	CONSTRAINT "measurement_sessions_token" CHECK ("measurement_sessions"."token_sha256" ~ '^[0-9a-f]{64}$'),
	CONSTRAINT "measurement_sessions_swapped" CHECK (num_nonnulls("measurement_sessions"."token_sha256", "measurement_sessions"."hardware_id", "measurement_sessions"."swapped_at") in (0, 3))
);
--> statement-breakpoint
CREATE TABLE "measurements" (
	"tenant_id" text NOT NULL,
	"hardware_id" text NOT NULL,
	"item" text NOT NULL,
	"session_id" text,
	"kind" text NOT NULL,
	"latency_us" double precision NOT NULL,
	"spread_us" double precision NOT NULL,
	"count" integer NOT NULL,
	"body" jsonb NOT NULL,
	"measured_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "measurements_tenant_id_hardware_id_item_pk" PRIMARY KEY("tenant_id","hardware_id","item"),
	CONSTRAINT "measurements_kind" CHECK ("measurements"."kind" in ('block', 'network')),
	CONSTRAINT "measurements_numbers" CHECK ("measurements"."latency_us" between 0 and 1e12 and "measurements"."spread_us" between 0 and 1e12 and "measurements"."count" > 0)
);
--> statement-breakpoint
CREATE TABLE "orders" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"data_set_id" text,
	"request" jsonb NOT NULL,
	"state" text NOT NULL,
	"max_cost_micro_usd" bigint NOT NULL,
	"estimated_cost_micro_usd" bigint NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"closed_at" timestamp (3) with time zone,
	CONSTRAINT "orders_tenant_id" UNIQUE("tenant_id","id"),
	CONSTRAINT "orders_id" CHECK ("orders"."id" ~ '^ord_[0-9a-hjkmnp-tv-z]{26}$'),
	CONSTRAINT "orders_state" CHECK ("orders"."state" in ('open', 'closed')),
	CONSTRAINT "orders_costs" CHECK ("orders"."max_cost_micro_usd" > 0 and "orders"."estimated_cost_micro_usd" >= 0),
	CONSTRAINT "orders_closed" CHECK (("orders"."state" = 'closed') = ("orders"."closed_at" is not null))
);
--> statement-breakpoint
CREATE TABLE "searches" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"order_id" text NOT NULL,
	"spec_sha256" text NOT NULL,
	"state" text NOT NULL,
	"reason_code" text,
	"reason_message" text,
	"constraints" jsonb NOT NULL,
	"job_id" text,
	"lease_owner" text,
	"lease_until" timestamp (3) with time zone,
	"max_cost_micro_usd" bigint NOT NULL,
	"warm_start_from" text,
	"architecture_id" text,
	"cancel_requested_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"started_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	"version" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "searches_tenant_id" UNIQUE("tenant_id","id"),
	CONSTRAINT "searches_job_id" UNIQUE("job_id"),
	CONSTRAINT "searches_id" CHECK ("searches"."id" ~ '^srch_[0-9a-hjkmnp-tv-z]{26}$'),
	CONSTRAINT "searches_state" CHECK ("searches"."state" in ('queued', 'submitted', 'searching', 'training', 'succeeded', 'failed', 'cancelled', 'stopped')),
	CONSTRAINT "searches_spec" CHECK ("searches"."spec_sha256" ~ '^[0-9a-f]{64}$'),
	CONSTRAINT "searches_max_cost" CHECK ("searches"."max_cost_micro_usd" > 0),
	CONSTRAINT "searches_lease" CHECK (("searches"."lease_owner" is null) = ("searches"."lease_until" is null)),
	CONSTRAINT "searches_ended" CHECK (("searches"."state" in ('succeeded', 'failed', 'cancelled', 'stopped')) = ("searches"."ended_at" is not null)),
	CONSTRAINT "searches_job" CHECK ("searches"."state" in ('queued', 'cancelled', 'failed') or "searches"."job_id" is not null),
	CONSTRAINT "searches_architecture" CHECK ("searches"."state" <> 'succeeded' or "searches"."architecture_id" is not null),
	CONSTRAINT "searches_reason" CHECK ("searches"."state" <> 'failed' or "searches"."reason_code" is not null),
	CONSTRAINT "searches_warm_start" CHECK ("searches"."warm_start_from" <> "searches"."id")
);
--> statement-breakpoint
CREATE TABLE "tenants" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"monthly_limit_micro_usd" bigint,
	"created_at" timestamp (3) with time zone NOT NULL,
	"deleted_at" timestamp (3) with time zone,
	CONSTRAINT "tenants_id" CHECK ("tenants"."id" in ('local', 'public') or "tenants"."id" ~ '^tn_[0-9a-hjkmnp-tv-z]{26}$'),
	CONSTRAINT "tenants_monthly_limit" CHECK ("tenants"."monthly_limit_micro_usd" >= 0)
);
--> statement-breakpoint
CREATE TABLE "usage_events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "usage_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"tenant_id" text NOT NULL,
	"kind" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"instance" text,
	"sequence" bigint,
	"predictions" bigint,
	"search_id" text,
	"attempt" integer,
	"gpu_seconds" numeric(15, 3),
	"day" date,
	"bytes" bigint,
	"cost_micro_usd" bigint NOT NULL,
	CONSTRAINT "usage_events_kind" CHECK ("usage_events"."kind" in ('predictions', 'gpu-seconds', 'storage')),
	CONSTRAINT "usage_events_columns" CHECK (case "usage_events"."kind"
        when 'predictions' then num_nonnulls("usage_events"."instance", "usage_events"."sequence", "usage_events"."predictions") = 3 and num_nonnulls("usage_events"."search_id", "usage_events"."attempt", "usage_events"."gpu_seconds", "usage_events"."day", "usage_events"."bytes") = 0
        when 'gpu-seconds' then num_nonnulls("usage_events"."search_id", "usage_events"."attempt", "usage_events"."gpu_seconds") = 3 and num_nonnulls("usage_events"."instance", "usage_events"."sequence", "usage_events"."predictions", "usage_events"."day", "usage_events"."bytes") = 0
        else num_nonnulls("usage_events"."day", "usage_events"."bytes") = 2 and num_nonnulls("usage_events"."instance", "usage_events"."sequence", "usage_events"."predictions", "usage_events"."search_id", "usage_events"."attempt", "usage_events"."gpu_seconds") = 0
      end),
	CONSTRAINT "usage_events_amounts" CHECK (coalesce("usage_events"."predictions", 1) > 0 and coalesce("usage_events"."gpu_seconds", 0) >= 0 and coalesce("usage_events"."bytes", 0) >= 0 and "usage_events"."cost_micro_usd" >= 0)
);
--> statement-breakpoint
CREATE TABLE "webhook_deliveries" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"webhook_id" text NOT NULL,
	"event" text NOT NULL,
	"search_id" text NOT NULL,
	"body" jsonb NOT NULL,
	"state" text NOT NULL,
	"tries" integer DEFAULT 0 NOT NULL,
	"last_status" integer,
	"last_error" text,
	"next_try_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"delivered_at" timestamp (3) with time zone,
	CONSTRAINT "webhook_deliveries_once" UNIQUE("webhook_id","search_id","event"),
	CONSTRAINT "webhook_deliveries_id" CHECK ("webhook_deliveries"."id" ~ '^whd_[0-9a-hjkmnp-tv-z]{26}$'),
	CONSTRAINT "webhook_deliveries_state" CHECK ("webhook_deliveries"."state" in ('pending', 'delivered', 'given-up')),
	CONSTRAINT "webhook_deliveries_tries" CHECK ("webhook_deliveries"."tries" >= 0),
	CONSTRAINT "webhook_deliveries_next" CHECK (("webhook_deliveries"."state" = 'pending') = ("webhook_deliveries"."next_try_at" is not null)),
	CONSTRAINT "webhook_deliveries_done" CHECK (("webhook_deliveries"."state" = 'delivered') = ("webhook_deliveries"."delivered_at" is not null))
);
--> statement-breakpoint
CREATE TABLE "webhooks" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"url" text NOT NULL,
	"secret" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"disabled_at" timestamp (3) with time zone,
	CONSTRAINT "webhooks_tenant_id" UNIQUE("tenant_id","id"),
	CONSTRAINT "webhooks_id" CHECK ("webhooks"."id" ~ '^wh_[0-9a-hjkmnp-tv-z]{26}$'),
	CONSTRAINT "webhooks_url" CHECK ("webhooks"."url" ~ '^https?://' and length("webhooks"."url") <= 2048)
);
--> statement-breakpoint
ALTER TABLE "architectures" ADD CONSTRAINT "architectures_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "architectures" ADD CONSTRAINT "architectures_search" FOREIGN KEY ("tenant_id","search_id") REFERENCES "public"."searches"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "attempts" ADD CONSTRAINT "attempts_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "attempts" ADD CONSTRAINT "attempts_search" FOREIGN KEY ("tenant_id","search_id") REFERENCES "public"."searches"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credit_balances" ADD CONSTRAINT "credit_balances_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credit_entries" ADD CONSTRAINT "credit_entries_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credit_reservations" ADD CONSTRAINT "credit_reservations_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "dashboard_sessions" ADD CONSTRAINT "dashboard_sessions_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "dashboard_sessions" ADD CONSTRAINT "dashboard_sessions_key_id_keys_id_fk" FOREIGN KEY ("key_id") REFERENCES "public"."keys"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "data_sets" ADD CONSTRAINT "data_sets_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "hardware" ADD CONSTRAINT "hardware_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD CONSTRAINT "idempotency_keys_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "keys" ADD CONSTRAINT "keys_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "latency_models" ADD CONSTRAINT "latency_models_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "latency_models" ADD CONSTRAINT "latency_models_hardware" FOREIGN KEY ("tenant_id","hardware_id") REFERENCES "public"."hardware"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "measurement_sessions" ADD CONSTRAINT "measurement_sessions_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "measurement_sessions" ADD CONSTRAINT "measurement_sessions_hardware" FOREIGN KEY ("tenant_id","hardware_id") REFERENCES "public"."hardware"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "measurements" ADD CONSTRAINT "measurements_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "measurements" ADD CONSTRAINT "measurements_hardware" FOREIGN KEY ("tenant_id","hardware_id") REFERENCES "public"."hardware"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "measurements" ADD CONSTRAINT "measurements_session" FOREIGN KEY ("tenant_id","hardware_id","session_id") REFERENCES "public"."measurement_sessions"("tenant_id","hardware_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "orders" ADD CONSTRAINT "orders_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "orders" ADD CONSTRAINT "orders_data_set" FOREIGN KEY ("tenant_id","data_set_id") REFERENCES "public"."data_sets"("tenant_id","id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "searches" ADD CONSTRAINT "searches_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "searches" ADD CONSTRAINT "searches_order" FOREIGN KEY ("tenant_id","order_id") REFERENCES "public"."orders"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "searches" ADD CONSTRAINT "searches_warm_start_from" FOREIGN KEY ("tenant_id","warm_start_from") REFERENCES "public"."searches"("tenant_id","id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "usage_events" ADD CONSTRAINT "usage_events_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_webhook" FOREIGN KEY ("tenant_id","webhook_id") REFERENCES "public"."webhooks"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhooks" ADD CONSTRAINT "webhooks_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "architectures_of_search" ON "architectures" USING btree ("search_id");--> statement-breakpoint
CREATE UNIQUE INDEX "credit_entries_top_up" ON "credit_entries" USING btree ("tenant_id","reference") WHERE "credit_entries"."kind" = 'top-up';--> statement-breakpoint
CREATE UNIQUE INDEX "credit_entries_once_an_order" ON "credit_entries" USING btree ("order_id","kind") WHERE "credit_entries"."kind" in ('reserve', 'release');--> statement-breakpoint
CREATE UNIQUE INDEX "credit_entries_charge" ON "credit_entries" USING btree ("search_id","attempt") WHERE "credit_entries"."kind" = 'charge';--> statement-breakpoint
CREATE UNIQUE INDEX "credit_entries_refund" ON "credit_entries" USING btree ("search_id") WHERE "credit_entries"."kind" = 'refund';--> statement-breakpoint
CREATE INDEX "credit_entries_tenant" ON "credit_entries" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "credit_reservations_open" ON "credit_reservations" USING btree ("tenant_id") WHERE "credit_reservations"."closed_at" is null;--> statement-breakpoint
CREATE INDEX "dashboard_sessions_expires" ON "dashboard_sessions" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "data_sets_tenant" ON "data_sets" USING btree ("tenant_id","created_at");--> statement-breakpoint
CREATE INDEX "idempotency_keys_expires" ON "idempotency_keys" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "keys_tenant" ON "keys" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "latency_models_latest" ON "latency_models" USING btree ("tenant_id","hardware_id","created_at");--> statement-breakpoint
CREATE INDEX "measurement_sessions_tenant" ON "measurement_sessions" USING btree ("tenant_id","created_at");--> statement-breakpoint
CREATE INDEX "orders_tenant" ON "orders" USING btree ("tenant_id","created_at");--> statement-breakpoint
CREATE INDEX "searches_tenant" ON "searches" USING btree ("tenant_id","created_at");--> statement-breakpoint
CREATE INDEX "searches_order_id" ON "searches" USING btree ("order_id");--> statement-breakpoint
CREATE INDEX "searches_unfinished" ON "searches" USING btree ("state","created_at") WHERE "searches"."ended_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "usage_events_batch" ON "usage_events" USING btree ("instance","sequence","tenant_id") WHERE "usage_events"."kind" = 'predictions';--> statement-breakpoint
CREATE UNIQUE INDEX "usage_events_attempt" ON "usage_events" USING btree ("search_id","attempt") WHERE "usage_events"."kind" = 'gpu-seconds';--> statement-breakpoint
CREATE UNIQUE INDEX "usage_events_day" ON "usage_events" USING btree ("tenant_id","day") WHERE "usage_events"."kind" = 'storage';--> statement-breakpoint
CREATE INDEX "usage_events_tenant" ON "usage_events" USING btree ("tenant_id","at");--> statement-breakpoint
CREATE INDEX "webhook_deliveries_due" ON "webhook_deliveries" USING btree ("next_try_at") WHERE "webhook_deliveries"."state" = 'pending';--> statement-breakpoint
CREATE INDEX "webhooks_tenant" ON "webhooks" USING btree ("tenant_id","created_at");