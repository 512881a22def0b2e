using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Graph;

/// <summary>People, their sign-ins, licences and devices.</summary>
internal sealed partial class GraphSystem
{
    private static readonly string[] Writable =
        ["displayName", "givenName", "surname", "jobTitle", "department", "officeLocation", "mobilePhone", "usageLocation", "accountEnabled", "employeeId", "preferredLanguage", "businessPhones"];

    // What an answer has when nothing is selected.
    private static readonly string[] Usual =
        ["businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation", "preferredLanguage", "surname", "userPrincipalName", "id"];

    private Reply ListOrganization(Call call) => Many(call, [new JsonObject
    {
        ["id"] = World.Options.Credentials.GraphDirectoryId,
        ["displayName"] = World.Company.Name,
        ["tenantType"] = "AAD",
        ["verifiedDomains"] = new JsonArray(new JsonObject { ["name"] = World.Company.Domain, ["isDefault"] = true, ["isInitial"] = false, ["type"] = "Managed", ["capabilities"] = "Email" }),
    }], "organization", 100, 999);

    private Reply ListUsers(Call call)
    {
        var reply = Many(call, Directory.Users.Select(u => u.Properties), "users", 100, 999);
        if (string.IsNullOrEmpty(call.Query("$select")))
        {
            foreach (var user in reply.Body!["value"]!.AsArray())
            {
                KeepUsual((JsonObject)user!);
            }
        }

        return reply;
    }

    private Reply GetUser(Call call) => Shown(call, UserOf(call));

    private Reply GetManager(Call call)
    {
        var user = UserOf(call);
        return user.ManagerId is { } manager ? Shown(call, Directory.Find(manager)!) : throw Missing("manager");
    }

    private static Reply Shown(Call call, GraphUser user)
    {
        var reply = One(call, user.Properties, "users");
        if (string.IsNullOrEmpty(call.Query("$select")))
        {
            KeepUsual((JsonObject)reply.Body!);
        }

        return reply;
    }

    private static void KeepUsual(JsonObject user)
    {
        foreach (var name in user.Select(p => p.Key).Where(name => !Usual.Contains(name) && name[0] != '@').ToList())
        {
            user.Remove(name);
        }
    }

    private Reply UpdateUser(Call call)
    {
        var user = UserOf(call);
        foreach (var (name, value) in call.Json)
        {
            if (!Writable.Contains(name))
            {
                throw Fail(400, "Request_BadRequest", $"Property '{name}' is read-only and cannot be set.");
            }

            if (name == "accountEnabled" ? value?.GetValueKind() is not (JsonValueKind.True or JsonValueKind.False) : value is not (null or JsonArray) && value.GetValueKind() != JsonValueKind.String)
            {
                throw Fail(400, "Request_BadRequest", $"Invalid value specified for property '{name}' of resource 'User'.");
            }
        }

        foreach (var (name, value) in call.Json)
        {
            user.Properties[name] = value?.DeepClone();
        }

        call.Committed();
        Emit("updated", new JsonObject { ["resource"] = $"Users/{user.Id}", ["resourceData"] = new JsonObject { ["@odata.type"] = "#Microsoft.Graph.User", ["@odata.id"] = $"Users/{user.Id}", ["id"] = user.Id } }, call.Now);
        return Reply.NoContent();
    }

    private Reply RevokeSessions(Call call)
    {
        _ = UserOf(call);
        call.Committed();
        return Reply.Ok(new JsonObject { ["@odata.context"] = Context(call, "Edm.Boolean"), ["value"] = true });
    }

    private Reply ListMethods(Call call) => Many(call, UserOf(call).Methods, "users/authentication/methods", 100, 999);

    private Reply DeleteMethod(Call call)
    {
        var user = UserOf(call);
        if (user.Methods.RemoveAll(m => m.Text("id") == call.Route("method") && m.Text("@odata.type") == "#microsoft.graph.microsoftAuthenticatorAuthenticationMethod") == 0)
        {
            throw Fail(404, "resourceNotFound", "Authentication method not found.");
        }

        call.Committed();
        return Reply.NoContent();
    }

    private Reply ListSkus(Call call) => Many(call, Directory.Skus.Select(s => new JsonObject
    {
        ["capabilityStatus"] = "Enabled",
        ["consumedUnits"] = Directory.Used(s.Id),
        ["id"] = $"{World.Options.Credentials.GraphDirectoryId}_{s.Id}",
        ["skuId"] = s.Id,
        ["skuPartNumber"] = s.Name,
        ["appliesTo"] = "User",
        ["prepaidUnits"] = new JsonObject { ["enabled"] = s.Enabled, ["suspended"] = 0, ["warning"] = 0, ["lockedOut"] = 0 },
    }), "subscribedSkus", 100, 999);

    private Reply ListLicenses(Call call) => Many(call, UserOf(call).Skus.Select(id => new JsonObject
    {
        ["id"] = World.Ids.Text($"license/{id}", 43), ["skuId"] = id, ["skuPartNumber"] = Directory.Skus.First(s => s.Id == id).Name, ["servicePlans"] = new JsonArray(),
    }), "users/licenseDetails", 100, 999);

    private Reply AssignLicense(Call call)
    {
        var user = UserOf(call);
        if (call.Json.Array("addLicenses") is not { } add || call.Json.Array("removeLicenses") is not { } remove)
        {
            throw Fail(400, "Request_BadRequest", "One or more parameters of the operation 'assignLicense' are missing from the request payload. The missing parameters are: addLicenses, removeLicenses.");
        }

        var (added, removed) = (add.Select(a => (a as JsonObject)?.Text("skuId") ?? "").ToList(), remove.Select(r => r.AsText() ?? "").ToList());
        foreach (var id in added.Concat(removed))
        {
            if (!Directory.Skus.Any(s => s.Id.Equals(id, StringComparison.OrdinalIgnoreCase)))
            {
                throw Fail(400, "Request_BadRequest", $"License {id} does not correspond to a valid company License.");
            }
        }

        if (removed.Find(id => !user.Skus.Contains(id)) is not null)
        {
            throw Fail(400, "Request_BadRequest", "User does not have a corresponding license.");
        }

        if (added.Count > 0 && string.IsNullOrEmpty(user.Properties.Text("usageLocation")))
        {
            throw Fail(400, "Request_BadRequest", "License assignment cannot be done for user with invalid usage location.");
        }

        if (added.Find(id => !user.Skus.Contains(id) && Directory.Used(id) >= Directory.Skus.First(s => s.Id == id).Enabled) is { } full)
        {
            throw Fail(400, "Request_BadRequest", $"Subscription with SKU {full} does not have any available licenses.");
        }

        user.Skus.RemoveAll(removed.Contains);
        user.Skus.AddRange(added.Where(id => !user.Skus.Contains(id)).ToList());
        call.Committed();
        return One(call, user.Properties, "users");
    }

    private Reply ListDevices(Call call)
    {
        var user = UserOf(call);
        var seen = World.Started.AddHours(-2);
        return Many(call, [new JsonObject
        {
            ["id"] = World.Ids.Guid($"device/{user.Login}"), ["userId"] = user.Id, ["deviceName"] = $"{user.Login.Replace('.', '-')}-lt1", ["operatingSystem"] = "Windows",
            ["osVersion"] = "10.0.26100.4061", ["complianceState"] = user.Login == "pierre.lefevre" ? "noncompliant" : "compliant",
            ["lastSyncDateTime"] = seen.Iso(), ["managementAgent"] = "mdm",
        }], "users/managedDevices", 100, 999);
    }

    private Reply ListSignIns(Call call)
    {
        // The newest first; the location is that of the office.
        var items = Directory.Users.SelectMany((user, index) => Enumerable.Range(0, 3).Select(n =>
        {
            var failed = n == 0 && World.Company.Find(user.Login)!.Status == "LOCKED_OUT";
            return (At: World.Started.AddMinutes(-(index + (n * 480) + 5)), Json: new JsonObject
            {
                ["id"] = World.Ids.Guid($"signin/{user.Login}/{n.Plain()}"),
                ["createdDateTime"] = World.Started.AddMinutes(-(index + (n * 480) + 5)).Iso(),
                ["userDisplayName"] = user.DisplayName,
                ["userPrincipalName"] = user.Properties.Text("userPrincipalName"),
                ["userId"] = user.Id,
                ["appDisplayName"] = n == 1 ? "Microsoft Teams" : "Office 365 Exchange Online",
                ["ipAddress"] = "192.0.2.10",
                ["conditionalAccessStatus"] = failed ? "failure" : "success",
                ["status"] = new JsonObject { ["errorCode"] = failed ? 50053 : 0, ["failureReason"] = failed ? "Account is locked because the user tried to sign in too many times." : "Other.", ["additionalDetails"] = null },
                ["location"] = new JsonObject { ["city"] = user.Properties.Text("officeLocation"), ["countryOrRegion"] = user.Properties.Text("usageLocation") },
            });
        })).OrderByDescending(s => s.At).Select(s => s.Json);
        return Many(call, items, "auditLogs/signIns", 1_000, 1_000);
    }

    private Reply GetPresence(Call call)
    {
        var user = UserOf(call);
        return Reply.Ok(new JsonObject
        {
            ["@odata.context"] = Context(call, "users/presence/$entity"), ["id"] = user.Id,
            ["availability"] = user.Enabled ? "Available" : "Offline", ["activity"] = user.Enabled ? "Available" : "Offline",
        });
    }
}
