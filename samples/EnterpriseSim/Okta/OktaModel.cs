using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Okta;

internal sealed class OktaUser
{
    public required string Id { get; init; }

    public required string Status { get; set; }

    public required JsonObject Profile { get; init; }

    public required DateTimeOffset Created { get; init; }

    public DateTimeOffset? Activated { get; set; }

    public required DateTimeOffset StatusChanged { get; set; }

    public required DateTimeOffset LastUpdated { get; set; }

    public DateTimeOffset? LastLogin { get; init; }

    public DateTimeOffset PasswordChanged { get; set; }

    public string Login => Profile.Text("login") ?? "";

    public string DisplayName => Profile.Text("displayName") ?? "";

    public void Become(string status, DateTimeOffset now)
    {
        Status = status;
        StatusChanged = now;
        LastUpdated = now;
    }

    public JsonObject Render(string baseUrl, string typeId) => new()
    {
        ["id"] = Id,
        ["status"] = Status,
        ["created"] = Created.Iso(),
        ["activated"] = Activated?.Iso(),
        ["statusChanged"] = StatusChanged.Iso(),
        ["lastLogin"] = LastLogin?.Iso(),
        ["lastUpdated"] = LastUpdated.Iso(),
        ["passwordChanged"] = PasswordChanged.Iso(),
        ["type"] = new JsonObject { ["id"] = typeId },
        ["profile"] = Profile.DeepClone(),
        ["credentials"] = new JsonObject
        {
            ["password"] = new JsonObject(),
            ["emails"] = new JsonArray(new JsonObject { ["value"] = Profile.Text("email"), ["status"] = "VERIFIED", ["type"] = "PRIMARY" }),
            ["provider"] = new JsonObject { ["type"] = "OKTA", ["name"] = "OKTA" },
        },
        ["_links"] = new JsonObject { ["self"] = new JsonObject { ["href"] = $"{baseUrl}/api/v1/users/{Id}" } },
    };
}

internal sealed class OktaGroup
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string Description { get; init; }

    public string Type { get; init; } = "OKTA_GROUP";

    public required DateTimeOffset Created { get; init; }

    public DateTimeOffset MembershipUpdated { get; set; }

    /// <summary>User ids in the order of joining.</summary>
    public List<string> Members { get; } = [];

    public JsonObject Render(string baseUrl) => new()
    {
        ["id"] = Id,
        ["created"] = Created.Iso(),
        ["lastUpdated"] = Created.Iso(),
        ["lastMembershipUpdated"] = MembershipUpdated.Iso(),
        ["objectClass"] = new JsonArray("okta:user_group"),
        ["type"] = Type,
        ["profile"] = new JsonObject { ["name"] = Name, ["description"] = Description },
        ["_links"] = new JsonObject
        {
            ["users"] = new JsonObject { ["href"] = $"{baseUrl}/api/v1/groups/{Id}/users" },
            ["apps"] = new JsonObject { ["href"] = $"{baseUrl}/api/v1/groups/{Id}/apps" },
        },
    };
}

internal sealed class OktaApp
{
    public required string Id { get; init; }

    public required CompanyApplication Application { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>Assignments by user id.</summary>
    public Dictionary<string, OktaAssignment> Assignments { get; } = [];

    public JsonObject Render(string baseUrl) => new()
    {
        ["id"] = Id,
        ["name"] = Application.Label,
        ["label"] = Application.Name,
        ["status"] = "ACTIVE",
        ["lastUpdated"] = Created.Iso(),
        ["created"] = Created.Iso(),
        ["activated"] = Created.Iso(),
        ["features"] = new JsonArray(),
        ["signOnMode"] = "SAML_2_0",
        ["profile"] = new JsonObject
        {
            ["key"] = Application.Key,
            ["description"] = Application.Description,
            ["ownerDepartment"] = Application.OwnerDepartment,
            ["owner"] = Application.Owner,
            ["requiresApproval"] = Application.RequiresApproval,
        },
        ["_links"] = new JsonObject { ["users"] = new JsonObject { ["href"] = $"{baseUrl}/api/v1/apps/{Id}/users" } },
    };
}

internal sealed record OktaAssignment(string UserId, string UserName, DateTimeOffset Created)
{
    public JsonObject Render(string baseUrl, string appId) => new()
    {
        ["id"] = UserId,
        ["externalId"] = null,
        ["created"] = Created.Iso(),
        ["lastUpdated"] = Created.Iso(),
        ["scope"] = "USER",
        ["status"] = "ACTIVE",
        ["statusChanged"] = Created.Iso(),
        ["passwordChanged"] = null,
        ["syncState"] = "DISABLED",
        ["credentials"] = new JsonObject { ["userName"] = UserName },
        ["profile"] = new JsonObject(),
        ["_links"] = new JsonObject
        {
            ["app"] = new JsonObject { ["href"] = $"{baseUrl}/api/v1/apps/{appId}" },
            ["user"] = new JsonObject { ["href"] = $"{baseUrl}/api/v1/users/{UserId}" },
        },
    };
}
