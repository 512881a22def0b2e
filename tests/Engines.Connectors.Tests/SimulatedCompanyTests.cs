using System.Text.Json;
using Steward.EnterpriseSim;

namespace Steward.Engines.Connectors.Tests;

/// <summary>Okta and ServiceNow as a small company uses them, over HTTP.</summary>
public sealed class SimulatedCompanyTests : CompanyTests
{
    private static readonly object VpnIncident = new
    {
        shortDescription = "VPN is down in the Berlin office",
        description = "Nobody of the sales team can connect since 9:00.",
        callerEmail = "jonas.weber@acme.example",
        category = "network",
        subcategory = "vpn",
        impact = 2,
        urgency = 1,
        assignmentGroup = "Network",
    };

    public static TheoryData<string, string> Searches => new()
    {
        { "email", "ada.lovelace@acme.example" },
        { "email", "Ada.Lovelace@ACME.example" },
        { "login", "ada.lovelace" },
        { "login", "ada.lovelace@acme.example" },
        { "name", "Ada Lovelace" },
        { "name", "lovelace" },
    };

    [Theory]
    [MemberData(nameof(Searches))]
    public async Task OktaUsersFind_EachWay_FindsThePerson(string by, string value)
    {
        var result = await Connected.ResultAsync("okta.users.find", new Dictionary<string, string> { [by] = value });

        var user = Assert.Single(result.GetProperty("items").EnumerateArray());
        Assert.Equal("ada.lovelace@acme.example", user.GetProperty("email").GetString());
        Assert.Equal(
            ["id", "login", "email", "firstName", "lastName", "displayName", "status", "title", "department", "city", "managerId", "manager"],
            user.EnumerateObject().Select(member => member.Name));
    }

    [Theory]
    [InlineData("x\" or status eq \"ACTIVE")]
    [InlineData("nobody\\")]
    public async Task OktaUsersFind_Injection_FindsNobody(string name)
    {
        var result = await Connected.ResultAsync("okta.users.find", new { name });

        Assert.Equal(0, result.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task OktaUsersFind_NoWay_IsRefused()
    {
        Assert.Equal("email", (await Connected.FailureAsync("okta.users.find", new { })).Field);
        Assert.Empty(Company.Calls);
    }

    [Fact]
    public async Task OktaUsersFind_SeveralWays_TheMostExactCounts()
    {
        var result = await Connected.ResultAsync("okta.users.find", new { name = "Jonas", login = (string?)null, email = "ada.lovelace@acme.example" });

        Assert.Equal("ada.lovelace@acme.example", Assert.Single(result.GetProperty("items").EnumerateArray()).GetProperty("email").GetString());
    }

    [Theory]
    [InlineData("me")]
    [InlineData("..")]
    [InlineData("a/lifecycle/deactivate")]
    [InlineData("a?x=1")]
    [InlineData("%2e%2e")]
    public async Task OktaUsersGet_IdThatIsNone_IsRefusedUnsent(string userId)
    {
        Assert.Equal("invalid_argument", (await Connected.FailureAsync("okta.users.get", new { userId })).Code);
        Assert.Empty(Company.Calls);
    }

    [Fact]
    public async Task OktaUsersGet_Unknown_IsNotFound() => Assert.Equal("not_found", (await Connected.FailureAsync("okta.users.get", new { userId = "nobody" })).Code);

    [Fact]
    public async Task OktaUsersGroupsManagerAndApps_GiveFlatResults()
    {
        var groups = await Connected.ResultAsync("okta.users.groups", new { userId = "jonas.weber@acme.example" });
        var manager = await Connected.ResultAsync("okta.users.manager", new { userId = "jonas.weber@acme.example" });
        var apps = await Connected.ResultAsync("okta.apps.find", new { text = "Sales" });

        Assert.Equal(Company.State.OktaGroupsOf("jonas.weber"), groups.GetProperty("items").EnumerateArray().Select(group => group.GetProperty("name").GetString()));
        Assert.True(manager.GetProperty("found").GetBoolean());
        Assert.Equal(Company.Company.People.Single(person => person.Login == "jonas.weber").Manager + "@acme.example", manager.GetProperty("login").GetString());
        Assert.Contains("Salesforce", apps.GetProperty("items").EnumerateArray().Select(app => app.GetProperty("label").GetString()));
    }

    [Fact]
    public async Task OktaGroupsFindAndMembers_KnownGroup_ListItsPeople()
    {
        var name = Company.State.OktaGroupsOf("jonas.weber")[^1];
        var found = (await Connected.ResultAsync("okta.groups.find", new { text = name })).GetProperty("items").EnumerateArray().Single(group => group.GetProperty("name").GetString() == name);

        var members = await Connected.ResultAsync("okta.groups.members", new { groupId = found.GetProperty("id").GetString() });

        Assert.Contains("jonas.weber@acme.example", members.GetProperty("items").EnumerateArray().Select(person => person.GetProperty("email").GetString()));
    }

    [Fact]
    public async Task OktaUsersManager_OfTheHead_IsNotFoundAndNoError()
    {
        var head = Company.Company.People.First(person => person.Manager is null);

        Assert.False((await Connected.ResultAsync("okta.users.manager", new { userId = head.Email })).GetProperty("found").GetBoolean());
    }

    [Fact]
    public async Task OktaResetPassword_MailsTheLinkAndDoesNotShowIt()
    {
        var result = await Connected.ResultAsync("okta.users.reset_password", new { userId = IdOf("ada.lovelace") });

        Assert.Equal("RECOVERY", Company.State.OktaUser("ada.lovelace")!["status"]!.GetValue<string>());
        Assert.Equal("ada.lovelace@acme.example", Assert.Single(Company.State.Mail).To);
        Assert.DoesNotContain("http", result.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OktaResetPassword_WithoutMail_IsRefused()
    {
        Assert.Equal("sendEmail", (await Connected.FailureAsync("okta.users.reset_password", new { userId = IdOf("ada.lovelace"), sendEmail = false })).Field);
        Assert.Empty(Company.Calls);
    }

    [Fact]
    public async Task OktaAppsAssign_Twice_AssignsOnceAndSaysSo()
    {
        var app = await AppIdAsync("Tableau");

        var before = await Connected.ResultAsync("okta.apps.user", new { appId = app, userId = "ada.lovelace@acme.example" });
        var assigned = await Connected.ResultAsync("okta.apps.assign", new { appId = app, userId = "ada.lovelace@acme.example" });
        var again = await Connected.ResultAsync("okta.apps.assign", new { appId = app, userId = "ada.lovelace@acme.example" });
        var after = await Connected.ResultAsync("okta.apps.user", new { appId = app, userId = "ada.lovelace@acme.example" });

        Assert.False(before.GetProperty("assigned").GetBoolean());
        Assert.Equal("ACTIVE", assigned.GetProperty("status").GetString());
        Assert.Equal(assigned.GetRawText(), again.GetRawText());
        Assert.True(after.GetProperty("assigned").GetBoolean());
    }

    [Theory]
    [InlineData("0oa1/../users", "ada.lovelace@acme.example", "invalid_argument")]
    [InlineData("0oaDoesNotExist01", "ada.lovelace@acme.example", "not_found")]
    [InlineData("", "nobody@acme.example", "not_found")]
    public async Task OktaAppsAssign_WrongApplicationOrPerson_IsRefused(string appId, string userId, string code)
    {
        var app = appId.Length == 0 ? await AppIdAsync("Tableau") : appId;

        Assert.Equal(code, (await Connected.FailureAsync("okta.apps.assign", new { appId = app, userId })).Code);
        Assert.Equal(code, (await Connected.FailureAsync("okta.apps.user", new { appId = app, userId })).Code);
    }

    private async Task<string> AppIdAsync(string name) =>
        Assert.Single((await Connected.ResultAsync("okta.apps.find", new { text = name })).GetProperty("items").EnumerateArray()).GetProperty("id").GetString()!;

    [Fact]
    public async Task OktaUnlock_LockedAndNotLocked_ActsAndConflicts()
    {
        var locked = Company.Company.People.First(person => person.Status == "LOCKED_OUT");

        await Connected.ResultAsync("okta.users.unlock", new { userId = locked.Email });
        var again = await Connected.FailureAsync("okta.users.unlock", new { userId = locked.Email });

        Assert.Equal("ACTIVE", Company.State.OktaUser(locked.Login)!["status"]!.GetValue<string>());
        Assert.Equal(("conflict", false), (again.Code, again.IsRetryable));
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task OktaResetPassword_OutcomeLost_IsLookedUpByTheLog(SimFaultKind kind, bool wasDone)
    {
        var arguments = new { userId = IdOf("ada.lovelace") };
        // The connection is warm, so that a handler that repeats requests would do so here.
        await Connected.ResultAsync("okta.users.get", arguments);
        Company.Inject(new SimFault { Kind = kind, System = SimSystem.Okta, Operation = "resetPassword" });

        var sentAt = Now;
        Assert.IsType<ActionUnknown>(await Connected.ExecuteAsync("okta.users.reset_password", arguments));
        var reconciled = await Connected.ReconcileAsync("okta.users.reset_password", arguments, sentAt);

        Assert.Equal(wasDone ? 1 : 0, EffectsOf("resetPassword"));
        Assert.Single(Company.Calls, call => call.Operation == "resetPassword");
        if (wasDone)
        {
            Assert.True(Assert.IsType<ReconciledDone>(reconciled).Result.GetProperty("emailSent").GetBoolean());
        }
        else
        {
            Assert.IsType<ReconciledNotDone>(reconciled);
        }
    }

    [Fact]
    public async Task OktaResetPassword_DoneLongBefore_IsNotTakenForThisOne()
    {
        var arguments = new { userId = IdOf("ada.lovelace") };
        await Connected.ResultAsync("okta.users.reset_password", arguments);

        Assert.IsType<ReconciledNotDone>(await Connected.ReconcileAsync("okta.users.reset_password", arguments, Now.AddMinutes(10)));
    }

    [Fact]
    public async Task OktaResetPassword_OfAnotherPerson_IsNotTakenForThisOne()
    {
        await Connected.ResultAsync("okta.users.reset_password", new { userId = IdOf("jonas.weber") });

        Assert.IsType<ReconciledNotDone>(await Connected.ReconcileAsync("okta.users.reset_password", new { userId = IdOf("ada.lovelace") }, Now));
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task OktaUnlock_OutcomeLost_IsLookedUpByTheStatus(SimFaultKind kind, bool wasDone)
    {
        var arguments = new { userId = Company.Company.People.First(person => person.Status == "LOCKED_OUT").Email };
        Company.Inject(new SimFault { Kind = kind, System = SimSystem.Okta, Operation = "unlockUser" });

        var sentAt = Now;
        Assert.IsType<ActionUnknown>(await Connected.ExecuteAsync("okta.users.unlock", arguments));

        Assert.Equal(wasDone, await Connected.ReconcileAsync("okta.users.unlock", arguments, sentAt) is ReconciledDone);
    }

    [Fact]
    public async Task Reconcile_AfterTheDeadlineOfTheAction_StillAsks()
    {
        var request = Tests.Connected.Request("okta.users.reset_password", new { userId = IdOf("ada.lovelace") }, deadline: Now.AddMinutes(-1));

        Assert.IsType<ReconciledNotDone>(await Connected.Tenant.ReconcileAsync(request, Now, default));
    }

    [Fact]
    public async Task Reconcile_SystemCannotBeAsked_IsUnknown()
    {
        Company.Inject(new SimFault { Kind = SimFaultKind.CutBeforeCommit, System = SimSystem.Okta, Count = 10 });

        Assert.IsType<ReconcileUnknown>(await Connected.ReconcileAsync("okta.users.reset_password", new { userId = IdOf("ada.lovelace") }, Now));
    }

    [Fact]
    public async Task ServiceNowCreate_SetsEveryFieldAndReadsBack()
    {
        var created = await Connected.ResultAsync("servicenow.incidents.create", VpnIncident, "t-acme/r-1/step-2");
        var read = await Connected.ResultAsync("servicenow.incidents.get", new { number = created.GetProperty("number").GetString()!.ToLowerInvariant() });

        Assert.Equal(created.GetRawText(), read.GetRawText());
        Assert.Equal(
            ("network", "vpn", "jonas.weber@acme.example", "Network", 2, 1, "New", true),
            (read.GetProperty("category").GetString(), read.GetProperty("subcategory").GetString(), read.GetProperty("callerEmail").GetString(), read.GetProperty("assignmentGroup").GetString(),
                read.GetProperty("impact").GetInt32(), read.GetProperty("urgency").GetInt32(), read.GetProperty("state").GetString(), read.GetProperty("active").GetBoolean()));
        Assert.Equal("t-acme/r-1/step-2", Company.State.ServiceNowTable("incident")[^1]["correlation_id"]);
        Assert.EndsWith("Z", read.GetProperty("openedAt").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task ServiceNowCreate_OutcomeLost_IsLookedUpByTheActionId(SimFaultKind kind, bool wasDone)
    {
        const string ActionId = "t-acme/r-1/step-2";
        var before = Company.State.ServiceNowTable("incident").Count;
        Company.Inject(new SimFault { Kind = kind, System = SimSystem.ServiceNow, Operation = "createRecord" });

        var sentAt = Now;
        Assert.IsType<ActionUnknown>(await Connected.ExecuteAsync("servicenow.incidents.create", VpnIncident, ActionId));
        var reconciled = await Connected.ReconcileAsync("servicenow.incidents.create", VpnIncident, sentAt, ActionId);

        Assert.Equal(wasDone ? 1 : 0, Company.State.ServiceNowTable("incident").Count - before);
        Assert.Equal(wasDone, reconciled is ReconciledDone);
        Assert.Equal(!wasDone, reconciled is ReconciledNotDone);
        Assert.IsType<ReconciledNotDone>(await Connected.ReconcileAsync("servicenow.incidents.create", VpnIncident, sentAt, "another action"));
    }

    [Theory]
    [InlineData("callerEmail", "nobody@acme.example")]
    [InlineData("assignmentGroup", "Netwerk")]
    public async Task ServiceNowCreate_UnknownReference_IsRefusedAndNothingIsCreated(string field, string value)
    {
        var arguments = JsonSerializer.SerializeToNode(VpnIncident)!.AsObject();
        arguments[field] = value;

        var failure = await Connected.FailureAsync("servicenow.incidents.create", JsonSerializer.SerializeToElement(arguments));

        Assert.Equal(("invalid_argument", field), (failure.Code, failure.Field));
        Assert.Equal(0, EffectsOf("createRecord"));
    }

    [Fact]
    public async Task ServiceNowFind_ByCallerTextAndState_Narrows()
    {
        var created = await Connected.ResultAsync("servicenow.incidents.create", VpnIncident);

        var found = await Connected.ResultAsync("servicenow.incidents.find", new { callerEmail = "jonas.weber@acme.example", text = "vpn is DOWN", active = true, limit = 5 });
        var closed = await Connected.ResultAsync("servicenow.incidents.find", new { text = "VPN is down in the Berlin", active = false });
        var two = await Connected.ResultAsync("servicenow.incidents.find", new { limit = 2 });

        Assert.Equal(created.GetProperty("number").GetString(), Assert.Single(found.GetProperty("items").EnumerateArray()).GetProperty("number").GetString());
        Assert.Equal(0, closed.GetProperty("items").GetArrayLength());
        Assert.Equal(2, two.GetProperty("items").GetArrayLength());
        Assert.True(two.GetProperty("total").GetInt32() > 2);
    }

    [Theory]
    [InlineData("x^active=true")]
    [InlineData("x^NQactive=true")]
    [InlineData("javascript:gs.log(1)")]
    public async Task ServiceNowFind_Injection_IsRefusedUnsent(string text)
    {
        Assert.Equal("text", (await Connected.FailureAsync("servicenow.incidents.find", new { text })).Field);
        Assert.Empty(Company.Calls);
    }

    [Fact]
    public async Task ServiceNowGet_Unknown_IsNotFound() => Assert.Equal("not_found", (await Connected.FailureAsync("servicenow.incidents.get", new { number = "INC9999999" })).Code);

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task ServiceNowComment_OutcomeLost_IsLookedUpInTheIncident(SimFaultKind kind, bool wasDone)
    {
        var number = Company.State.ServiceNowTable("incident").First(row => row["comments"].Length == 0)["number"];
        var arguments = new { number, comment = "Any news?\nThanks" };
        Company.Inject(new SimFault { Kind = kind, System = SimSystem.ServiceNow, Operation = "updateRecord" });

        var sentAt = Now;
        Assert.IsType<ActionUnknown>(await Connected.ExecuteAsync("servicenow.incidents.comment", arguments));
        var reconciled = await Connected.ReconcileAsync("servicenow.incidents.comment", arguments, sentAt);

        Assert.Equal(wasDone, reconciled is ReconciledDone);
        Assert.Equal(!wasDone, reconciled is ReconciledNotDone);
    }

    [Fact]
    public async Task ServiceNowUsersAndCatalog_AreFound()
    {
        var users = await Connected.ResultAsync("servicenow.users.find", new { email = "ada.lovelace@acme.example" });
        var catalog = await Connected.ResultAsync("servicenow.catalog.find", new { text = "tableau" });

        Assert.Equal("ada.lovelace", Assert.Single(users.GetProperty("items").EnumerateArray()).GetProperty("userName").GetString());
        Assert.NotEqual(0, catalog.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task ServiceNow_OAuth_RefreshesARefusedTokenOnce()
    {
        using var oauth = new Connected(tenant => tenant.ServiceNow = new ServiceNowOptions
        {
            BaseUrl = Company.ServiceNow,
            ClientId = Company.Credentials.ServiceNowClientId,
            ClientSecret = new Security.SecretText(Company.Credentials.ServiceNowClientSecret),
        });
        await oauth.ResultAsync("servicenow.incidents.find", new { });
        Company.Inject(new SimFault { Kind = SimFaultKind.ExpiredToken, System = SimSystem.ServiceNow, Operation = "listRecords" });
        await oauth.ResultAsync("servicenow.incidents.find", new { });

        Assert.Equal(2, Company.Calls.Count(call => call.Operation == "token"));
        Assert.Equal(3, Company.Calls.Count(call => call.Operation == "listRecords"));
    }

    [Fact]
    public async Task WrongCredentials_AreNamedAsSuch()
    {
        using var wrong = Tests.Connected.ToOkta(Company.Okta);

        var failure = await wrong.FailureAsync("okta.users.get", new { userId = "ada.lovelace" });

        Assert.Equal(("unauthenticated", false), (failure.Code, failure.IsRetryable));
    }

    [Fact]
    public async Task Log_OfAllTheCalls_NamesNobodyAndNoSecret()
    {
        await Connected.ResultAsync("okta.users.find", new { email = "ada.lovelace@acme.example" });
        await Connected.ResultAsync("servicenow.incidents.create", VpnIncident);

        Assert.DoesNotContain("ada.lovelace", Connected.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("jonas.weber", Connected.Log, StringComparison.Ordinal);
        Assert.DoesNotContain(Company.Credentials.OktaApiToken, Connected.Log, StringComparison.Ordinal);
        Assert.DoesNotContain(Company.Credentials.ServiceNowPassword, Connected.Log, StringComparison.Ordinal);
        Assert.Contains("servicenow.incidents.create", Connected.Log, StringComparison.Ordinal);
    }
}
