using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Steward.EnterpriseSim;
using Xunit.Abstractions;

namespace Steward.EndToEnd.Tests;

/// <summary>An employee opens a ticket in the company's own system; it is with the right group before anybody has looked, and says why.</summary>
public sealed class TriageStoryTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Secret = "agreed upon with the other system";
    private const string Mark = "Steward triage:";

    private static readonly Dictionary<string, string?> Settings = new()
    {
        ["Steward:Inference:ModelDirectory"] = ShippedModels(),
        ["Steward:Connectors:SettleDelay"] = "00:00:01",
        ["Steward:Connectors:Hooks:RetryAfter:0"] = "00:00:02",
        ["Steward:Connectors:Hooks:RetryAfter:1"] = "00:00:02",
        ["Steward:Connectors:Hooks:RetryAfter:2"] = "00:00:05",
        ["Steward:Connectors:Hooks:RetryAfter:3"] = "00:00:10",
    };

    private readonly TemporaryDirectory _data = new();
    private EnterpriseSimulation? _simulation;
    private StewardProcess? _steward;

    public async Task InitializeAsync() => _simulation = await EnterpriseSimulation.StartAsync();

    public async Task DisposeAsync()
    {
        await _simulation!.DisposeAsync();
        _data.Dispose();
    }

    [Fact]
    public async Task NewIncident_IsAssignedWithReasons_AndAPersonsReassignmentIsLearnt()
    {
        await using var steward = await StartAsync();
        using var admin = Admin(steward);
        var warm = Open("The keyboard of my laptop is broken");
        await EventuallyAsync(() => Notes(warm) == 1);

        var clock = Stopwatch.StartNew();
        var id = Open("My laptop screen is broken and the docking station does not work");
        await EventuallyAsync(() => Notes(id) == 1);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"From the ticket to assignment and note: {clock.ElapsedMilliseconds} ms."));

        Assert.InRange(clock.ElapsedMilliseconds, 0, 10_000);
        var decision = await DecisionAsync(admin, id);
        Assert.Contains($"{Mark} ", Incident(id)["work_notes"], StringComparison.Ordinal);
        Assert.Contains(decision.GetProperty("label").GetString()!, Incident(id)["work_notes"], StringComparison.Ordinal);
        Assert.Equal(1, Notes(id));

        var other = decision.GetProperty("label").GetString() == "Database" ? "Software" : "Database";
        _simulation!.Edit(SimSystem.ServiceNow, new SimEdit { User = "grace.osei", Record = id, Values = new Dictionary<string, string> { ["assignment_group"] = other } });
        await EventuallyAsync(async () => (await DecisionAsync(admin, id)).TryGetProperty("finalLabel", out var final) && final.GetString() == other);
        Assert.Equal(1, Notes(id));
        Assert.Equal(other, GroupOf(id));
    }

    [Theory]
    [InlineData("getRecord", SimFaultKind.Slow)]
    [InlineData("updateRecord", SimFaultKind.TimeoutAfterCommit)]
    public async Task KilledBetweenClassificationAndTheAnswer_OneAssignmentAndOneNote(string operation, SimFaultKind fault)
    {
        string id;
        await using (var steward = await StartAsync())
        {
            using var admin = Admin(steward);
            var warm = Open("The keyboard of my laptop is broken");
            await EventuallyAsync(() => Notes(warm) == 1);
            _simulation!.Inject(new SimFault { System = SimSystem.ServiceNow, Kind = fault, Operation = operation, Count = 2, DelayMilliseconds = 4_000 });
            id = Open("My laptop screen is broken and the docking station does not work");
            await EventuallyAsync(async () => await HasDecisionAsync(admin, id) && (fault == SimFaultKind.Slow || Notes(id) == 1));
            await steward.KillAsync();
        }

        _simulation.ClearFaults();
        await using var again = _steward = await StewardProcess.StartAsync(_data.Path, _simulation, Settings);
        await EventuallyAsync(() => Notes(id) == 1);

        // Long enough for whatever would be written a second time.
        await Task.Delay(TimeSpan.FromSeconds(8));
        Assert.Equal(1, Notes(id));
        Assert.Equal("1", Incident(id)["sys_mod_count"]);
        using var later = Admin(again);
        Assert.Equal((await DecisionAsync(later, id)).GetProperty("label").GetString(), GroupOf(id));
    }

    // The models lie beside the solution; the process runs elsewhere.
    private static string ShippedModels()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "orleans.sln")))
        {
            directory = directory.Parent;
        }

        return Path.Combine(directory?.FullName ?? throw new InvalidOperationException("The tests do not lie below the solution."), "models");
    }

    private async Task<StewardProcess> StartAsync()
    {
        var steward = _steward = await StewardProcess.StartAsync(_data.Path, _simulation!, Settings);
        using var admin = Admin(steward);
        var credentials = _simulation!.Credentials;
        using var created = await admin.PostAsJsonAsync("v1/connectors", new
        {
            name = "servicenow",
            templateId = "servicenow",
            baseUrl = _simulation.ServiceNow.ToString(),
            authId = "basic",
            fields = new Dictionary<string, string> { ["host"] = "acme.service-now.example", ["username"] = credentials.ServiceNowUser },
            secrets = new { password = credentials.ServiceNowPassword, webhookSecret = Secret },
            operations = new[] { "groups.find", "incidents.read", "incidents.route" },
        });
        Assert.True(created.StatusCode == HttpStatusCode.Created, await created.Content.ReadAsStringAsync());
        using var set = await admin.PutAsJsonAsync("v1/triage/settings", new
        {
            version = 0,
            groups = new object[]
            {
                new { name = "Hardware", baseLabels = new[] { "Hardware" } },
                new { name = "Identity and Access", baseLabels = new[] { "Access", "Administrative rights" } },
                new { name = "Service Desk", baseLabels = new[] { "Miscellaneous", "HR Support", "Internal Project", "Purchase" } },
                new { name = "Database", baseLabels = new[] { "Storage" } },
            },
            autoRouteAt = 0.5,
            reviewAt = 0.01,
            connectors = new object[] { new { instance = "servicenow" } },
        });
        Assert.True(set.StatusCode == HttpStatusCode.OK, await set.Content.ReadAsStringAsync());
        Assert.Null(await _simulation.SubscribeAsync(SimSystem.ServiceNow, new Uri(steward.Url, "/hooks/t-acme/servicenow"), Secret));

        // Servers know of connectors within seconds.
        await Task.Delay(TimeSpan.FromSeconds(3));
        return steward;
    }

    private HttpClient Admin(StewardProcess steward) => steward.SignIn(_simulation!.Company.People.First(person => person.Admin).Login);

    private string Open(string text) => _simulation!.Edit(SimSystem.ServiceNow, new SimEdit
    {
        User = "ada.lovelace",
        Values = new Dictionary<string, string> { ["short_description"] = text, ["description"] = text + ". Please repair or replace it." },
    });

    private IReadOnlyDictionary<string, string> Incident(string id) => _simulation!.State.ServiceNowTable("incident").Single(row => row["sys_id"] == id);

    private string GroupOf(string id) => _simulation!.State.ServiceNowTable("sys_user_group").FirstOrDefault(row => row["sys_id"] == Incident(id)["assignment_group"])?["name"] ?? "";

    private int Notes(string id) => Incident(id)["work_notes"].Split(Mark).Length - 1;

    private static async Task<bool> HasDecisionAsync(HttpClient client, string id)
    {
        using var answer = await client.GetAsync($"v1/triage/decisions/servicenow%3A{id}");
        return answer.StatusCode == HttpStatusCode.OK;
    }

    private static async Task<JsonElement> DecisionAsync(HttpClient client, string id) => await client.GetFromJsonAsync<JsonElement>($"v1/triage/decisions/servicenow%3A{id}");

    private Task EventuallyAsync(Func<bool> condition) => EventuallyAsync(() => Task.FromResult(condition()));

    private async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        var deadline = Environment.TickCount64 + 60_000;
        while (!await condition())
        {
            Assert.True(Environment.TickCount64 < deadline, "It did not come to pass within a minute. " + _steward?.Output);
            await Task.Delay(20);
        }
    }
}
