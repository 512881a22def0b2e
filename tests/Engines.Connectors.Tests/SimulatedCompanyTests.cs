using System.Text.Json;
using Steward.EnterpriseSim;

namespace Steward.Engines.Connectors.Tests;

/// <summary>Okta and ServiceNow as a small company uses them, over HTTP.</summary>
public sealed class SimulatedCompanyTests : IAsyncLifetime
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

    private EnterpriseSimulation _company = null!;
    private Connected _connected = null!;

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public async Task InitializeAsync()
    {
        _company = await EnterpriseSimulation.StartAsync();
        _connected = Connected.To(_company);
    }

    public async Task DisposeAsync()
    {
        _connected.Dispose();
        await _company.DisposeAsync();
    }

    private string IdOf(string login) => _company.State.OktaUser(login)!["id"]!.GetValue<string>();

    private int EffectsOf(string operation) => _company.Calls.Count(call => call.Operation == operation && call.Effect);

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
        var result = await _connected.ResultAsync("okta.users.find", new Dictionary<string, string> { [by] = value });

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
        var result = await _connected.ResultAsync("okta.users.find", new { name });

        Assert.Equal(0, result.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task OktaUsersFind_NoneOrTwoWays_IsRefused()
    {
        Assert.Equal("email", (await _connected.FailureAsync("okta.users.find", new { })).Field);
        Assert.Equal("name", (await _connected.FailureAsync("okta.users.find", new { email = "a@b.example", name = "a" })).Field);
        Assert.Empty(_company.Calls);
    }

    [Theory]
    [InlineData("me")]
    [InlineData("..")]
    [InlineData("a/lifecycle/deactivate")]
    [InlineData("a?x=1")]
    [InlineData("%2e%2e")]
    public async Task OktaUsersGet_IdThatIsNone_IsRefusedUnsent(string userId)
    {
        Assert.Equal("invalid_argument", (await _connected.FailureAsync("okta.users.get", new { userId })).Code);
        Assert.Empty(_company.Calls);
    }

    [Fact]
    public async Task OktaUsersGet_Unknown_IsNotFound() => Assert.Equal("not_found", (await _connected.FailureAsync("okta.users.get", new { userId = "nobody" })).Code);

    [Fact]
    public async Task OktaUsersGroupsManagerAndApps_GiveFlatResults()
    {
        var groups = await _connected.ResultAsync("okta.users.groups", new { userId = "jonas.weber@acme.example" });
        var manager = await _connected.ResultAsync("okta.users.manager", new { userId = "jonas.weber@acme.example" });
        var apps = await _connected.ResultAsync("okta.apps.find", new { text = "Sales" });

        Assert.Equal(_company.State.OktaGroupsOf("jonas.weber"), groups.GetProperty("items").EnumerateArray().Select(group => group.GetProperty("name").GetString()));
        Assert.True(manager.GetProperty("found").GetBoolean());
        Assert.Equal(_company.Company.People.Single(person => person.Login == "jonas.weber").Manager + "@acme.example", manager.GetProperty("login").GetString());
        Assert.Contains("Salesforce", apps.GetProperty("items").EnumerateArray().Select(app => app.GetProperty("label").GetString()));
    }

    [Fact]
    public async Task OktaUsersManager_OfTheHead_IsNotFoundAndNoError()
    {
        var head = _company.Company.People.First(person => person.Manager is null);

        Assert.False((await _connected.ResultAsync("okta.users.manager", new { userId = head.Email })).GetProperty("found").GetBoolean());
    }

    [Fact]
    public async Task OktaResetPassword_MailsTheLinkAndDoesNotShowIt()
    {
        var result = await _connected.ResultAsync("okta.users.reset_password", new { userId = IdOf("ada.lovelace") });

        Assert.Equal("RECOVERY", _company.State.OktaUser("ada.lovelace")!["status"]!.GetValue<string>());
        Assert.Equal("ada.lovelace@acme.example", Assert.Single(_company.State.Mail).To);
        Assert.DoesNotContain("http", result.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OktaResetPassword_WithoutMail_IsRefused()
    {
        Assert.Equal("sendEmail", (await _connected.FailureAsync("okta.users.reset_password", new { userId = IdOf("ada.lovelace"), sendEmail = false })).Field);
        Assert.Empty(_company.Calls);
    }

    [Fact]
    public async Task OktaUnlock_LockedAndNotLocked_ActsAndConflicts()
    {
        var locked = _company.Company.People.First(person => person.Status == "LOCKED_OUT");

        await _connected.ResultAsync("okta.users.unlock", new { userId = locked.Email });
        var again = await _connected.FailureAsync("okta.users.unlock", new { userId = locked.Email });

        Assert.Equal("ACTIVE", _company.State.OktaUser(locked.Login)!["status"]!.GetValue<string>());
        Assert.Equal(("conflict", false), (again.Code, again.IsRetryable));
    }

    public static TheoryData<SimFaultKind, bool> Losses => new()
    {
        { SimFaultKind.CutBeforeCommit, false },
        { SimFaultKind.CutAfterCommit, true },
        { SimFaultKind.CutInBody, true },
        { SimFaultKind.ServerError, false },
        { SimFaultKind.ServerErrorAfterCommit, true },
    };

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task OktaResetPassword_OutcomeLost_IsLookedUpByTheLog(SimFaultKind kind, bool wasDone)
    {
        var arguments = new { userId = IdOf("ada.lovelace") };
        // The connection is warm, so that a handler that repeats requests would do so here.
        await _connected.ResultAsync("okta.users.get", arguments);
        _company.Inject(new SimFault { Kind = kind, System = SimSystem.Okta, Operation = "resetPassword" });

        var sentAt = Now;
        Assert.IsType<ActionUnknown>(await _connected.ExecuteAsync("okta.users.reset_password", arguments));
        var reconciled = await _connected.ReconcileAsync("okta.users.reset_password", arguments, sentAt);

        Assert.Equal(wasDone ? 1 : 0, EffectsOf("resetPassword"));
        Assert.Single(_company.Calls, call => call.Operation == "resetPassword");
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
        await _connected.ResultAsync("okta.users.reset_password", arguments);

        Assert.IsType<ReconciledNotDone>(await _connected.ReconcileAsync("okta.users.reset_password", arguments, Now.AddMinutes(10)));
    }

    [Fact]
    public async Task OktaResetPassword_OfAnotherPerson_IsNotTakenForThisOne()
    {
        await _connected.ResultAsync("okta.users.reset_password", new { userId = IdOf("jonas.weber") });

        Assert.IsType<ReconciledNotDone>(await _connected.ReconcileAsync("okta.users.reset_password", new { userId = IdOf("ada.lovelace") }, Now));
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task OktaUnlock_OutcomeLost_IsLookedUpByTheStatus(SimFaultKind kind, bool wasDone)
    {
        var arguments = new { userId = _company.Company.People.First(person => person.Status == "LOCKED_OUT").Email };
        _company.Inject(new SimFault { Kind = kind, System = SimSystem.Okta, Operation = "unlockUser" });

        var sentAt = Now;
        Assert.IsType<ActionUnknown>(await _connected.ExecuteAsync("okta.users.unlock", arguments));

        Assert.Equal(wasDone, await _connected.ReconcileAsync("okta.users.unlock", arguments, sentAt) is ReconciledDone);
    }

    [Fact]
    public async Task Reconcile_SystemCannotBeAsked_IsUnknown()
    {
        _company.Inject(new SimFault { Kind = SimFaultKind.CutBeforeCommit, System = SimSystem.Okta, Count = 10 });

        Assert.IsType<ReconcileUnknown>(await _connected.ReconcileAsync("okta.users.reset_password", new { userId = IdOf("ada.lovelace") }, Now));
    }

    [Fact]
    public async Task ServiceNowCreate_SetsEveryFieldAndReadsBack()
    {
        var created = await _connected.ResultAsync("servicenow.incidents.create", VpnIncident, "t-acme/r-1/step-2");
        var read = await _connected.ResultAsync("servicenow.incidents.get", new { number = created.GetProperty("number").GetString()!.ToLowerInvariant() });

        Assert.Equal(created.GetRawText(), read.GetRawText());
        Assert.Equal(
            ("network", "vpn", "jonas.weber@acme.example", "Network", 2, 1, "New", true),
            (read.GetProperty("category").GetString(), read.GetProperty("subcategory").GetString(), read.GetProperty("callerEmail").GetString(), read.GetProperty("assignmentGroup").GetString(),
                read.GetProperty("impact").GetInt32(), read.GetProperty("urgency").GetInt32(), read.GetProperty("state").GetString(), read.GetProperty("active").GetBoolean()));
        Assert.Equal("t-acme/r-1/step-2", _company.State.ServiceNowTable("incident")[^1]["correlation_id"]);
        Assert.EndsWith("Z", read.GetProperty("openedAt").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task ServiceNowCreate_OutcomeLost_IsLookedUpByTheActionId(SimFaultKind kind, bool wasDone)
    {
        const string ActionId = "t-acme/r-1/step-2";
        var before = _company.State.ServiceNowTable("incident").Count;
        _company.Inject(new SimFault { Kind = kind, System = SimSystem.ServiceNow, Operation = "createRecord" });

        var sentAt = Now;
        Assert.IsType<ActionUnknown>(await _connected.ExecuteAsync("servicenow.incidents.create", VpnIncident, ActionId));
        var reconciled = await _connected.ReconcileAsync("servicenow.incidents.create", VpnIncident, sentAt, ActionId);

        Assert.Equal(wasDone ? 1 : 0, _company.State.ServiceNowTable("incident").Count - before);
        Assert.Equal(wasDone, reconciled is ReconciledDone);
        Assert.Equal(!wasDone, reconciled is ReconciledNotDone);
        Assert.IsType<ReconciledNotDone>(await _connected.ReconcileAsync("servicenow.incidents.create", VpnIncident, sentAt, "another action"));
    }

    [Theory]
    [InlineData("callerEmail", "nobody@acme.example")]
    [InlineData("assignmentGroup", "Netwerk")]
    public async Task ServiceNowCreate_UnknownReference_IsRefusedAndNothingIsCreated(string field, string value)
    {
        var arguments = JsonSerializer.SerializeToNode(VpnIncident)!.AsObject();
        arguments[field] = value;

        var failure = await _connected.FailureAsync("servicenow.incidents.create", JsonSerializer.SerializeToElement(arguments));

        Assert.Equal(("invalid_argument", field), (failure.Code, failure.Field));
        Assert.Equal(0, EffectsOf("createRecord"));
    }

    [Fact]
    public async Task ServiceNowFind_ByCallerTextAndState_Narrows()
    {
        var created = await _connected.ResultAsync("servicenow.incidents.create", VpnIncident);

        var found = await _connected.ResultAsync("servicenow.incidents.find", new { callerEmail = "jonas.weber@acme.example", text = "vpn is DOWN", active = true, limit = 5 });
        var closed = await _connected.ResultAsync("servicenow.incidents.find", new { text = "VPN is down in the Berlin", active = false });
        var two = await _connected.ResultAsync("servicenow.incidents.find", new { limit = 2 });

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
        Assert.Equal("text", (await _connected.FailureAsync("servicenow.incidents.find", new { text })).Field);
        Assert.Empty(_company.Calls);
    }

    [Fact]
    public async Task ServiceNowGet_Unknown_IsNotFound() => Assert.Equal("not_found", (await _connected.FailureAsync("servicenow.incidents.get", new { number = "INC9999999" })).Code);

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task ServiceNowComment_OutcomeLost_IsLookedUpInTheIncident(SimFaultKind kind, bool wasDone)
    {
        var number = _company.State.ServiceNowTable("incident").First(row => row["comments"].Length == 0)["number"];
        var arguments = new { number, comment = "Any news?\nThanks" };
        _company.Inject(new SimFault { Kind = kind, System = SimSystem.ServiceNow, Operation = "updateRecord" });

        var sentAt = Now;
        Assert.IsType<ActionUnknown>(await _connected.ExecuteAsync("servicenow.incidents.comment", arguments));
        var reconciled = await _connected.ReconcileAsync("servicenow.incidents.comment", arguments, sentAt);

        Assert.Equal(wasDone, reconciled is ReconciledDone);
        Assert.Equal(!wasDone, reconciled is ReconciledNotDone);
    }

    [Fact]
    public async Task ServiceNowUsersAndCatalog_AreFound()
    {
        var users = await _connected.ResultAsync("servicenow.users.find", new { email = "ada.lovelace@acme.example" });
        var catalog = await _connected.ResultAsync("servicenow.catalog.find", new { text = "tableau" });

        Assert.Equal("ada.lovelace", Assert.Single(users.GetProperty("items").EnumerateArray()).GetProperty("userName").GetString());
        Assert.NotEqual(0, catalog.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task ServiceNow_OAuth_RefreshesARefusedTokenOnce()
    {
        using var oauth = new Connected(tenant => tenant.ServiceNow = new ServiceNowOptions
        {
            BaseUrl = _company.ServiceNow,
            ClientId = _company.Credentials.ServiceNowClientId,
            ClientSecret = new Security.SecretText(_company.Credentials.ServiceNowClientSecret),
        });
        await oauth.ResultAsync("servicenow.incidents.find", new { });
        _company.Inject(new SimFault { Kind = SimFaultKind.ExpiredToken, System = SimSystem.ServiceNow, Operation = "listRecords" });
        await oauth.ResultAsync("servicenow.incidents.find", new { });

        Assert.Equal(2, _company.Calls.Count(call => call.Operation == "token"));
        Assert.Equal(3, _company.Calls.Count(call => call.Operation == "listRecords"));
    }

    [Fact]
    public async Task WrongCredentials_AreNamedAsSuch()
    {
        using var wrong = Connected.ToOkta(_company.Okta);

        var failure = await wrong.FailureAsync("okta.users.get", new { userId = "ada.lovelace" });

        Assert.Equal(("unauthenticated", false), (failure.Code, failure.IsRetryable));
    }

    [Fact]
    public async Task Log_OfAllTheCalls_NamesNobodyAndNoSecret()
    {
        await _connected.ResultAsync("okta.users.find", new { email = "ada.lovelace@acme.example" });
        await _connected.ResultAsync("servicenow.incidents.create", VpnIncident);

        Assert.DoesNotContain("ada.lovelace", _connected.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("jonas.weber", _connected.Log, StringComparison.Ordinal);
        Assert.DoesNotContain(_company.Credentials.OktaApiToken, _connected.Log, StringComparison.Ordinal);
        Assert.DoesNotContain(_company.Credentials.ServiceNowPassword, _connected.Log, StringComparison.Ordinal);
        Assert.Contains("servicenow.incidents.create", _connected.Log, StringComparison.Ordinal);
    }
}
