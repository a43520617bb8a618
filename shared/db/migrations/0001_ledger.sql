-- The ledger only grows, and each row is carried into the balances in the same statement: a balance is the sum of its
-- entries, or the row is refused.
CREATE FUNCTION credit_entries_apply() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO credit_balances (tenant_id) VALUES (NEW.tenant_id) ON CONFLICT DO NOTHING;
  UPDATE credit_balances SET
    funded_micro_usd = funded_micro_usd + CASE WHEN NEW.from_account = 'funding' THEN NEW.amount_micro_usd ELSE 0 END,
    available_micro_usd = available_micro_usd
      + CASE WHEN NEW.to_account = 'available' THEN NEW.amount_micro_usd ELSE 0 END
      - CASE WHEN NEW.from_account = 'available' THEN NEW.amount_micro_usd ELSE 0 END,
    reserved_micro_usd = reserved_micro_usd
      + CASE WHEN NEW.to_account = 'reserved' THEN NEW.amount_micro_usd ELSE 0 END
      - CASE WHEN NEW.from_account = 'reserved' THEN NEW.amount_micro_usd ELSE 0 END,
    spent_micro_usd = spent_micro_usd
      + CASE WHEN NEW.to_account = 'spent' THEN NEW.amount_micro_usd ELSE 0 END
      - CASE WHEN NEW.from_account = 'spent' THEN NEW.amount_micro_usd ELSE 0 END
  WHERE tenant_id = NEW.tenant_id;

  IF NEW.kind = 'reserve' THEN
    IF NOT EXISTS (SELECT FROM orders WHERE id = NEW.order_id AND tenant_id = NEW.tenant_id AND state = 'open') THEN
      RAISE EXCEPTION 'credit is reserved for open orders of the same tenant' USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'credit_entries_order';
    END IF;
    INSERT INTO credit_reservations (order_id, tenant_id, amount_micro_usd, held_micro_usd, opened_at)
      VALUES (NEW.order_id, NEW.tenant_id, NEW.amount_micro_usd, NEW.amount_micro_usd, NEW.at);
  ELSIF NEW.from_account = 'reserved' OR NEW.to_account = 'reserved' THEN
    UPDATE credit_reservations SET
      held_micro_usd = held_micro_usd
        + CASE WHEN NEW.to_account = 'reserved' THEN NEW.amount_micro_usd ELSE -NEW.amount_micro_usd END
    WHERE order_id = NEW.order_id AND tenant_id = NEW.tenant_id AND closed_at IS NULL;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'the order has no open reservation' USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'credit_entries_reservation';
    END IF;
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER credit_entries_apply AFTER INSERT ON credit_entries FOR EACH ROW EXECUTE FUNCTION credit_entries_apply();
--> statement-breakpoint
CREATE FUNCTION credit_entries_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'ledger entries are never changed: add one that moves the amount back' USING ERRCODE = 'restrict_violation', CONSTRAINT = 'credit_entries_stay';
END $$;
--> statement-breakpoint
CREATE TRIGGER credit_entries_stay BEFORE UPDATE OR DELETE ON credit_entries FOR EACH ROW EXECUTE FUNCTION credit_entries_stay();
--> statement-breakpoint
-- What a deleted row was named by forgets the name but not its tenant.
ALTER TABLE "orders" DROP CONSTRAINT "orders_data_set";
--> statement-breakpoint
ALTER TABLE "orders" ADD CONSTRAINT "orders_data_set" FOREIGN KEY ("tenant_id", "data_set_id") REFERENCES "data_sets" ("tenant_id", "id") ON DELETE SET NULL ("data_set_id");
--> statement-breakpoint
ALTER TABLE "searches" DROP CONSTRAINT "searches_warm_start_from";
--> statement-breakpoint
ALTER TABLE "searches" ADD CONSTRAINT "searches_warm_start_from" FOREIGN KEY ("tenant_id", "warm_start_from") REFERENCES "searches" ("tenant_id", "id") ON DELETE SET NULL ("warm_start_from");
