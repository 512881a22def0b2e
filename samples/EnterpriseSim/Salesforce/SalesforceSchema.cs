namespace Steward.EnterpriseSim.Salesforce;

internal enum FieldKind
{
    Id,
    Text,
    Picklist,
    Reference,
    Boolean,
    Number,
    Date,
    DateTime,
}

/// <summary>A field of an object.</summary>
internal sealed record SalesforceField(string Name, FieldKind Kind = FieldKind.Text)
{
    public bool Required { get; init; }

    public bool ReadOnly { get; init; }

    public bool ExternalId { get; init; }

    public int MaxLength { get; init; } = 255;

    /// <summary>The object that a reference leads to.</summary>
    public string? Target { get; init; }

    /// <summary>The values of a restricted picklist.</summary>
    public IReadOnlyList<string> Values { get; init; } = [];

    /// <summary>The name under which a query reaches the referred record: OwnerId → Owner.</summary>
    public string? Relationship => Target is null ? null : Name[..^2];
}

/// <summary>An object with its fields and the prefix of its ids.</summary>
internal sealed class SalesforceSchema
{
    private SalesforceSchema(string name, string prefix, params SalesforceField[] fields)
    {
        Name = name;
        Prefix = prefix;
        Fields = new SalesforceField[]
        {
            new("Id", FieldKind.Id) { ReadOnly = true },
            new("CreatedDate", FieldKind.DateTime) { ReadOnly = true },
            new("LastModifiedDate", FieldKind.DateTime) { ReadOnly = true },
            new("SystemModstamp", FieldKind.DateTime) { ReadOnly = true },
        }.Concat(fields).ToDictionary(f => f.Name, StringComparer.OrdinalIgnoreCase);
    }

    public static IReadOnlyDictionary<string, SalesforceSchema> All { get; } = new SalesforceSchema[]
    {
        new("Account", "001",
            new("Name") { Required = true }, Pick("Type", "Prospect", "Customer", "Partner"), new("Industry"), new("BillingCity"), new("BillingCountry"),
            new("Phone") { MaxLength = 40 }, new("Website"), new("NumberOfEmployees", FieldKind.Number), Ref("OwnerId", "User"), Steward()),
        new("Contact", "003",
            new("FirstName") { MaxLength = 40 }, new("LastName") { Required = true, MaxLength = 80 }, new("Name") { ReadOnly = true },
            new("Email") { MaxLength = 80 }, new("Phone") { MaxLength = 40 }, new("Title") { MaxLength = 128 }, Ref("AccountId", "Account"), Ref("OwnerId", "User"), Steward()),
        new("Case", "500",
            new("CaseNumber") { ReadOnly = true }, new("Subject"), new("Description") { MaxLength = 32_000 },
            Pick("Status", "New", "Working", "Escalated", "Closed"), Pick("Priority", "High", "Medium", "Low"), Pick("Origin", "Phone", "Email", "Web", "Chat"),
            new("Type"), new("Reason"), new("SuppliedEmail") { MaxLength = 80 }, new("IsClosed", FieldKind.Boolean) { ReadOnly = true },
            new("ClosedDate", FieldKind.DateTime) { ReadOnly = true }, Ref("AccountId", "Account"), Ref("ContactId", "Contact"), Ref("OwnerId", "User"), Steward()),
        new("Opportunity", "006",
            new("Name") { Required = true, MaxLength = 120 },
            Pick("StageName", "Prospecting", "Qualification", "Proposal/Price Quote", "Negotiation/Review", "Closed Won", "Closed Lost") with { Required = true },
            new("CloseDate", FieldKind.Date) { Required = true }, new("Amount", FieldKind.Number), new("Probability", FieldKind.Number) { ReadOnly = true },
            new("IsClosed", FieldKind.Boolean) { ReadOnly = true }, new("IsWon", FieldKind.Boolean) { ReadOnly = true }, new("NextStep"),
            Ref("AccountId", "Account"), Ref("OwnerId", "User"), Steward()),
        new("User", "005",
            new("Username") { Required = true, MaxLength = 80 }, new("FirstName") { MaxLength = 40 }, new("LastName") { Required = true, MaxLength = 80 },
            new("Name") { ReadOnly = true }, new("Email") { Required = true, MaxLength = 128 }, new("Title") { MaxLength = 80 }, new("Department") { MaxLength = 80 },
            new("City") { MaxLength = 40 }, new("EmployeeNumber") { MaxLength = 20 }, new("IsActive", FieldKind.Boolean), Ref("ManagerId", "User"),
            Ref("ProfileId", "Profile"), Ref("UserRoleId", "UserRole")),
        new("Profile", "00e", new SalesforceField("Name") { Required = true }),
        new("UserRole", "00E", new SalesforceField("Name") { Required = true }),
        new("UserLogin", "0Yw", Ref("UserId", "User"), new("IsFrozen", FieldKind.Boolean), new("IsPasswordLocked", FieldKind.Boolean)),
        new("PermissionSet", "0PS", new("Name") { Required = true }, new("Label") { Required = true }, new("IsOwnedByProfile", FieldKind.Boolean)),
        new("PermissionSetAssignment", "0Pa", Ref("AssigneeId", "User") with { Required = true }, Ref("PermissionSetId", "PermissionSet") with { Required = true }),
        new("CaseComment", "00a",
            Ref("ParentId", "Case") with { Required = true }, new("CommentBody") { MaxLength = 4_000 }, new("IsPublished", FieldKind.Boolean), Ref("CreatedById", "User") with { ReadOnly = true }),
    }.ToDictionary(s => s.Name, StringComparer.OrdinalIgnoreCase);

    public string Name { get; }

    public string Prefix { get; }

    public IReadOnlyDictionary<string, SalesforceField> Fields { get; }

    private static SalesforceField Ref(string name, string target) => new(name, FieldKind.Reference) { Target = target };

    private static SalesforceField Pick(string name, params string[] values) => new(name, FieldKind.Picklist) { Values = values };

    private static SalesforceField Steward() => new("Steward_Id__c") { ExternalId = true };
}
