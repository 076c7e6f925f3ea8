from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

# The number of the transaction is the desk's to say, not that of whoever writes a row: one that is negative or far
# ahead would never be sealed. A dump brings its rows back before its triggers.
NUMBER = """
CREATE FUNCTION audit_numbered() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    NEW.xid := audit_transaction();
    RETURN NEW;
END $$;
CREATE TRIGGER audit_number BEFORE INSERT ON audit_auditevent FOR EACH ROW EXECUTE FUNCTION audit_numbered();
"""
NO_NUMBER = """
DROP TRIGGER audit_number ON audit_auditevent;
DROP FUNCTION audit_numbered();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_sealed_trail")]

    operations = [
        migrations.RunSQL(NUMBER, NO_NUMBER),
        # Not looked for in what is there already, which ``verify_audit`` does without holding up who writes.
        AddConstraintNotValid(
            "auditevent",
            models.CheckConstraint(name="audit_xid_not_negative", condition=models.Q(xid__gte=0)),
        ),
    ]
