using Steward.Engines.Orchestration.Actions;
using Steward.Engines.Orchestration.Playbooks;

namespace Steward.Engines.Orchestration.Tests.Engine;

/// <summary>The shipped playbooks and policy against the simulated systems, over HTTP.</summary>
public sealed class SampleCompanyTests(SampleCompany company) : IClassFixture<SampleCompany>
{
    private static readonly Requester Anna = new() { UserId = "u-anna.schmidt", Email = "anna.schmidt@acme.example", Name = "Anna Schmidt" };

    [Fact]
    public void CheckOperations_ShippedPlaybooks_FitTheConnectors() =>
        Assert.All(Engines.SampleDefinitions.Playbooks.Playbooks, playbook => Assert.Empty(PlaybookCatalog.CheckOperations(playbook, company.Connectors.ForTenant("t-acme").Operations)));

    [Fact]
    public void Check_InputSchemasOfAllOperations_AreSupported()
    {
        using var empty = System.Text.Json.JsonDocument.Parse("{}");
        Assert.All(company.Connectors.ForTenant("t-acme").Operations, operation => Assert.DoesNotContain(OperationSchemas.Check(operation, empty.RootElement), error => error.Keyword == "schema"));
    }

    [Fact]
    public async Task ResetPassword_OverHttp_OktaSendsAMail()
    {
        var recorder = await AskAsync("I forgot my password", Anna);

        Assert.Equal(RunPhase.Completed, recorder.Snapshot.Phase);
        Assert.StartsWith("Your password was reset.", recorder.Snapshot.Answer, StringComparison.Ordinal);
        Assert.Equal("RECOVERY", (string?)company.Systems.State.OktaUser("anna.schmidt")!["status"]);
    }

    [Fact]
    public async Task ResetPassword_OfSomeoneElseOverHttp_IsRefused()
    {
        var recorder = await AskAsync("reset the password of felix.hoffmann@acme.example", Anna);

        Assert.Equal("forbidden", recorder.Snapshot.ErrorCode);
        Assert.Equal("ACTIVE", (string?)company.Systems.State.OktaUser("felix.hoffmann")!["status"]);
    }

    [Fact]
    public async Task UnlockAccount_OverHttp_Unlocks()
    {
        var lukas = new Requester { UserId = "u-lukas.braun", Email = "lukas.braun@acme.example", Name = "Lukas Braun" };
        var recorder = await AskAsync("my account is locked", lukas);

        Assert.StartsWith("Your account (lukas.braun@acme.example) is unlocked.", recorder.Snapshot.Answer, StringComparison.Ordinal);
        Assert.Equal("ACTIVE", (string?)company.Systems.State.OktaUser("lukas.braun")!["status"]);
    }

    [Fact]
    public async Task OpenIncident_OverHttp_OpensOneAndItsStatusCanBeAsked()
    {
        var first = await AskAsync("VPN is down in the Berlin office for the whole sales team", Anna);
        Assert.Equal(RunPhase.Completed, first.Snapshot.Phase);
        var number = first.Snapshot.WorkingMemory["last_ticket"];
        var second = await AskAsync("what is its status?", Anna, first.Snapshot.WorkingMemory);

        Assert.StartsWith($"{number} – VPN is down in the Berlin office for the whole sales team", second.Snapshot.Answer, StringComparison.Ordinal);
        Assert.Contains("State: New", second.Snapshot.Answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Show my open incidents", "Outlook asks for the password")]
    [InlineData("Who is my manager?", "Your manager is ")]
    [InlineData("Who is Lukas Braun's manager?", "The manager of Lukas Braun is Jonas Weber")]
    [InlineData("I need access to Jira", "You have Jira already")]
    [InlineData("show my jira issues", "Jira issues")]
    public async Task Read_OverHttp_Answers(string text, string expected)
    {
        var recorder = await AskAsync(text, Anna);

        Assert.Equal(RunPhase.Completed, recorder.Snapshot.Phase);
        Assert.Contains(expected, recorder.Snapshot.Answer, StringComparison.Ordinal);
    }

    private async Task<FakeRecorder> AskAsync(string text, Requester requester, IReadOnlyDictionary<string, string>? memory = null) =>
        await Engines.Create(company.Connectors).RunAsync(Engines.Input(text, requester, memory, runId: $"r-{Guid.NewGuid():n}"));
}
