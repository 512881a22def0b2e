using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Steward.Engines.Security;
using Steward.EnterpriseSim;

namespace Steward.EndToEnd.Tests;

/// <summary>The main job over HTTP, without a model.</summary>
public sealed class MainJobTests(LocalSteward local) : IClassFixture<LocalSteward>
{
    [Fact]
    public async Task PasswordReset_OwnAccount_IsDoneOnceInOkta()
    {
        using var client = local.Steward.SignIn("ada.lovelace");
        var before = Effects("resetPassword");

        var events = await client.AskAsync(await client.OpenSessionAsync(), "I forgot my password, please reset it");

        Assert.Equal("completed", Ended(events));
        Assert.Equal(before + 1, Effects("resetPassword"));
        Assert.Contains("ada.lovelace@acme.example", events.Answer(), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(number => (long)number), events.Select(wire => wire.Sequence));
    }

    [Fact]
    public async Task PasswordReset_OfSomebodyElse_IsRefusedForAnEmployeeAndDoneForTheHelpDesk()
    {
        using var ada = local.Steward.SignIn("ada.lovelace");
        using var sam = local.Steward.SignIn("sam.patel");
        var other = local.Simulation.Company.People.First(person => person.Status == "ACTIVE" && person.Login is not ("ada.lovelace" or "sam.patel") && person.Manager is not null && person.Manager != "ada.lovelace");
        var before = Effects("resetPassword");

        var refused = await ada.AskAsync(await ada.OpenSessionAsync(), $"Please reset the password of {other.Email}");
        Assert.Equal(before, Effects("resetPassword"));
        Assert.DoesNotContain(refused, wire => wire.Type == "action.sent");

        var done = await sam.AskAsync(await sam.OpenSessionAsync(), $"Please reset the password of {other.Email}");
        Assert.Equal("completed", Ended(done));
        Assert.Equal(before + 1, Effects("resetPassword"));
    }

    [Fact]
    public async Task VpnIsDown_ForATeam_OpensOneIncidentWithItsFields()
    {
        using var client = local.Steward.SignIn("ada.lovelace");
        var session = await client.OpenSessionAsync();
        var before = Effects("createRecord");
        var operation = Guid.NewGuid().ToString("n");

        var first = await client.AskAsync(session, "VPN is down in the Berlin office for the whole sales team", operation);
        var again = await client.AskAsync(session, "VPN is down in the Berlin office for the whole sales team", operation);

        Assert.Equal("completed", Ended(first));
        Assert.Equal(before + 1, Effects("createRecord"));
        Assert.Equal(first.Select(wire => wire.Sequence), again.Select(wire => wire.Sequence));
        var created = JsonDocument.Parse(local.Simulation.Calls.Last(call => call is { Effect: true, System: SimSystem.ServiceNow, Method: "POST" }).Body).RootElement;
        Assert.Equal("network", created.GetProperty("category").GetString());
        Assert.False(string.IsNullOrEmpty(created.GetProperty("urgency").GetString()));
        Assert.False(string.IsNullOrEmpty(created.GetProperty("impact").GetString()));
        Assert.False(string.IsNullOrEmpty(created.GetProperty("caller_id").GetString()));
        Assert.Matches("INC[0-9]{7}", first.Answer());
    }

    [Fact]
    public async Task FollowUp_ItsStatus_UsesWorkingMemory()
    {
        using var client = local.Steward.SignIn("ada.lovelace");
        var session = await client.OpenSessionAsync();
        var opened = await client.AskAsync(session, "My laptop screen is broken, please open an incident");
        var number = System.Text.RegularExpressions.Regex.Match(opened.Answer(), "INC[0-9]{7}").Value;

        var status = await client.AskAsync(session, "what is its status?");

        Assert.NotEmpty(number);
        Assert.Contains(number, status.Answer(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nonsense_WithoutAModel_SaysWhatCanBeDone()
    {
        using var client = local.Steward.SignIn();
        var before = local.Simulation.Calls.Count(call => call.Effect);

        var events = await client.AskAsync(await client.OpenSessionAsync(), "Compose a sonnet about submarines");

        Assert.Equal(before, local.Simulation.Calls.Count(call => call.Effect));
        Assert.Contains("password", events.Answer(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Application_ThatOneHasAlready_IsNotRequestedAgain()
    {
        using var client = local.Steward.SignIn("ada.lovelace");
        var before = local.Simulation.Calls.Count(call => call.Effect);

        var events = await client.AskAsync(await client.OpenSessionAsync(), "I need access to Salesforce");

        Assert.Contains("already", events.Answer(), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(before, local.Simulation.Calls.Count(call => call.Effect));
    }

    [Fact]
    public async Task Watch_AfterABreak_ContinuesAtTheNextEvent()
    {
        using var client = local.Steward.SignIn();
        var run = await client.SubmitAsync(await client.OpenSessionAsync(), "Who is the manager of Ada Lovelace?");
        var events = await client.WatchAsync(run);

        var rest = await client.WatchAsync(run, after: 2);

        Assert.Equal(events.Skip(2).Select(wire => wire.Sequence), rest.Select(wire => wire.Sequence));
    }

    [Fact]
    public async Task Session_OfAnotherTenantOrPerson_IsNotFound()
    {
        using var ada = local.Steward.SignIn("ada.lovelace");
        using var sam = local.Steward.SignIn("sam.patel");
        using var stranger = local.Steward.Client(local.Steward.Token(new EnvelopeIdentity { TenantId = "t-other", UserId = "u-ada.lovelace" }));
        var session = await ada.OpenSessionAsync();
        var run = await ada.SubmitAsync(session, "Who is my manager?");
        await ada.WaitForRunAsync(run, Conversations.HasEnded);

        foreach (var client in new[] { sam, stranger })
        {
            using var readSession = await client.GetAsync($"v1/sessions/{session}");
            using var readRun = await client.GetAsync($"v1/runs/{run}");
            using var watch = await client.GetAsync($"v1/runs/{run}/events");
            using var cancel = await client.PostAsJsonAsync($"v1/runs/{run}/cancel", new { });
            Assert.All([readSession, readRun, watch, cancel], response => Assert.Equal(HttpStatusCode.NotFound, response.StatusCode));
        }
    }

    private static string? Ended(IReadOnlyList<WireEvent> events)
    {
        Assert.Equal("run.ended", events[^1].Type);
        return events[^1].Data.GetProperty("phase").GetString();
    }

    private int Effects(string operation) => local.Simulation.Calls.Count(call => call.Effect && call.Operation == operation);
}
