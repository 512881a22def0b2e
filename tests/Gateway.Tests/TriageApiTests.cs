using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Steward.Client;
using Steward.Errors;
using Steward.Identity;
using Steward.Triage;
using static Steward.Gateway.Tests.GatewayFixture;

namespace Steward.Gateway.Tests;

/// <summary>Triage over HTTP.</summary>
public class TriageApiTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private FakeTriage Triage => gateway.Cluster.Triage;

    [Fact]
    public async Task Classify_OneTicket_SaysWhereItBelongsAndWhy()
    {
        using var ada = gateway.As();

        using var response = await ada.PostAsync("/v1/triage/classify", Json("""{"ticket":{"id":"jira:OPS-1","shortDescription":"Network is down","category":"lan"}}"""));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var result = (await BodyOf(response)).GetProperty("results").EnumerateArray().Single();
        var decision = result.GetProperty("decision");
        Assert.Equal(("jira:OPS-1", "Network", "auto_route", 0.97), (result.GetProperty("ticketId").GetString(), decision.GetProperty("label").GetString(), decision.GetProperty("band").GetString(), decision.GetProperty("confidence").GetDouble()));
        Assert.Equal(["vpn", "category=lan"], decision.GetProperty("reasons").EnumerateArray().Select(reason => reason.GetString()));
        Assert.Equal(3, decision.GetProperty("top").GetArrayLength());
        Assert.Equal(("Other", 0.02), (decision.GetProperty("top")[1].GetProperty("label").GetString(), decision.GetProperty("top")[1].GetProperty("probability").GetDouble()));
        await AssertProblem(await ada.PostAsync("/v1/triage/classify", Json("""{"ticket":{"id":"x"}}""")), 400, "invalid_argument", "shortDescription");
    }

    [Fact]
    public async Task Classify_SeveralTickets_GivesEachItsOwnResult()
    {
        using var ada = gateway.As();

        var results = (await BodyOf(await ada.PostAsync("/v1/triage/classify", Json("""{"tickets":[{"description":"Mail again"},{"id":"x"},{"description":"Printer"}]}""")))).GetProperty("results");

        Assert.Equal("Mail", results[0].GetProperty("decision").GetProperty("label").GetString());
        Assert.False(results[1].TryGetProperty("decision", out _));
        var problem = results[1].GetProperty("problem");
        Assert.Equal(("x", 400, "invalid_argument", "shortDescription"), (results[1].GetProperty("ticketId").GetString(), problem.GetProperty("status").GetInt32(), problem.GetProperty("code").GetString(), problem.GetProperty("field").GetString()));
        Assert.Equal("Printer", results[2].GetProperty("decision").GetProperty("label").GetString());
    }

    [Theory]
    [InlineData("{}", "ticket")]
    [InlineData("""{"ticket":{},"tickets":[]}""", "ticket")]
    [InlineData("""{"tickets":[]}""", "tickets")]
    [InlineData("""{"tickets":[null]}""", "tickets")]
    [InlineData("""{"tickets":"all"}""", "tickets")]
    [InlineData("""{"ticket":{"description":7}}""", "ticket.description")]
    [InlineData("""{"ticket":{"text":"x"}}""", "ticket.text")]
    [InlineData("""{"ticket":{"openedAt":"yesterday"}}""", "ticket.openedAt")]
    [InlineData("""{"label":"x"}""", "label")]
    public async Task Classify_BadBody_NamesTheField(string body, string field)
    {
        using var ada = gateway.As();
        await AssertProblem(await ada.PostAsync("/v1/triage/classify", Json(body)), 400, "invalid_argument", field);
    }

    [Fact]
    public async Task Classify_HostileBytes_AreRefused()
    {
        using var ada = gateway.As();
        using var invalid = new ByteArrayContent([.. "{\"ticket\":{\"description\":\""u8, 0xC3, 0x28, .. "\"}}"u8]) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        await AssertProblem(await ada.PostAsync("/v1/triage/classify", invalid), 400, "invalid_argument", "ticket.description");
        Assert.StartsWith("HTTP/1.1 413", await SendHeadAsync("/v1/triage/classify", "application/json", 5_000_000), StringComparison.Ordinal);
        await AssertProblem(await ada.PostAsync("/v1/triage/classify", new StringContent("ticket")), 415, "unsupported_media_type", "Content-Type");
        await AssertProblem(await gateway.Anonymous.PostAsync("/v1/triage/classify", Json("{}")), 401, "unauthenticated", "Authorization");
    }

    [Theory]
    [InlineData("servicenow:9d385017c611228701d22104cc95c371")]
    [InlineData("jira:OPS/17 ä?#&%2F+.")]
    [InlineData("a//b/../c/.")]
    public async Task Decision_AnyTicketId_IsFoundAgain(string id)
    {
        await using var services = Connect("u-ids");
        var triage = services.GetRequiredService<IStewardUserClient>().Triage;
        await triage.ClassifyAsync(new TriageTicket { Id = id, Description = "Mail" });

        Assert.Equal(id, (await triage.GetDecisionAsync(id)).TicketId);
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => triage.GetDecisionAsync("servicenow:none"))).Code);
    }

    [Fact]
    public async Task Decision_SlashThatIsNotEncoded_IsPartOfTheId()
    {
        using var ada = gateway.As();
        await ada.PostAsync("/v1/triage/classify", Json("""{"ticket":{"id":"jira:OPS/18","description":"Mail"}}"""));

        Assert.Equal("jira:OPS/18", (await BodyOf(await ada.GetAsync("/v1/triage/decisions/jira:OPS/18?x=1"))).GetProperty("ticketId").GetString());
    }

    [Fact]
    public async Task Feedback_Labels_AreThoseOfTheCaller()
    {
        using var ada = gateway.As("u-says");

        var results = (await BodyOf(await ada.PostAsync("/v1/triage/feedback", Json("""{"labels":[{"ticketId":"jira:1","label":"Mail","ticket":{"description":"no mail"}},{"ticketId":"jira:2","label":"bad","eventId":"e-1"}]}""")))).GetProperty("results");

        Assert.Equal([(true, null), (false, "label: is bad.")], results.EnumerateArray().Select(result => (result.GetProperty("isTaken").GetBoolean(), result.TryGetProperty("problem", out var problem) ? problem.GetString() : null)));
        var labels = Triage.Labels.Where(label => label.User == "u-says").Select(label => label.Label).ToList();
        Assert.Equal([("jira:1", "Mail", TriageLabelSource.Feedback, null), ("jira:2", "bad", TriageLabelSource.Feedback, "e-1")], labels.Select(label => (label.TicketId, label.Label, label.Source, label.EventId)));
        Assert.Equal(("jira:1", "no mail"), (labels[0].Ticket!.Id, labels[0].Ticket!.Description));
        await AssertProblem(await ada.PostAsync("/v1/triage/feedback", Json("""{"labels":[{"ticketId":"a","label":"b","source":"import"}]}""")), 400, "invalid_argument", "labels");
        await AssertProblem(await ada.PostAsync("/v1/triage/feedback", Json("""{"labels":[{"ticketId":"a"}],"by":"u-boss"}""")), 400, "invalid_argument", "by");
    }

    [Fact]
    public async Task Queue_OverHttpAndItsClient_ListsWhatWaits()
    {
        using var ada = gateway.As("u-waits");
        await ada.PostAsync("/v1/triage/classify", Json("""{"ticket":{"id":"mail:waits","shortDescription":"Network is down"}}"""));

        var queue = await BodyOf(await ada.GetAsync("/v1/triage/queue?after=3&limit=100"));

        Assert.Equal(7, queue.GetProperty("waiting").GetInt32());
        var first = queue.GetProperty("tickets")[0];
        Assert.Equal((4, "waits"), (first.GetProperty("sequence").GetInt32(), first.GetProperty("shortDescription").GetString()));
        Assert.Equal(3, first.GetProperty("decision").GetProperty("top").GetArrayLength());
        await AssertProblem(await ada.GetAsync("/v1/triage/queue?limit=101"), 400, "invalid_argument", "limit");
        await AssertProblem(await ada.GetAsync("/v1/triage/queue?after=x"), 400, "invalid_argument", "after");
        await using var services = Connect("u-waits");
        Assert.Single((await services.GetRequiredService<IStewardUserClient>().Triage.ListWaitingAsync(0, 1)).Tickets);
    }

    [Fact]
    public async Task Settings_Life_IsForAdmins()
    {
        await using var services = Connect("u-boss", WellKnownRoles.Admin);
        var triage = services.GetRequiredService<IStewardUserClient>().Triage;
        Triage.Settings = new TriageSettings();
        var wanted = new TriageSettings
        {
            WantedPrecision = 0.98,
            ReviewAt = 0.6,
            Groups = [new TriageGroup { Name = "Network", Description = "lines", BaseLabels = ["Hardware"] }],
            Connectors = [new TriageConnector { Instance = "servicenow", WritesBack = false, WritesFrom = TriageBand.AutoRoute }],
            TimeZone = "Europe/Berlin",
            TrainingHour = 3,
            IsNightlyTrainingOn = false,
            Senders = [new TriageSender { UserId = "u-desk", Source = "desk" }, new TriageSender { UserId = "u-portal", Source = "portal", TicketsPerHour = 50 }],
        };

        Assert.Equal(1, (await triage.SetSettingsAsync(wanted)).Version);
        Assert.Equal(ErrorCodes.Conflict, (await Assert.ThrowsAsync<StewardException>(() => triage.SetSettingsAsync(wanted))).Code);
        var got = await triage.GetSettingsAsync();
        Assert.Equal((0.98, null, 0.6, "Europe/Berlin", 3, false), (got.WantedPrecision, got.AutoRouteAt, got.ReviewAt, got.TimeZone, got.TrainingHour, got.IsNightlyTrainingOn));
        Assert.Equal(("Network", "lines", "Hardware"), (got.Groups[0].Name, got.Groups[0].Description, got.Groups[0].BaseLabels[0]));
        Assert.Equal([("u-desk", "desk", 1_000), ("u-portal", "portal", 50)], got.Senders.Select(sender => (sender.UserId, sender.Source, sender.TicketsPerHour)));
        Assert.Equal(("servicenow", false, TriageBand.AutoRoute), (got.Connectors[0].Instance, got.Connectors[0].WritesBack, got.Connectors[0].WritesFrom));

        using var boss = Admin();
        foreach (var (body, field) in new[]
        {
            ("""{"version":1,"wantedPrecision":1}""", "wantedPrecision"), ("""{"version":1,"autoRouteAt":1.5}""", "autoRouteAt"), ("""{"version":1,"trainingHour":24}""", "trainingHour"), ("""{"version":-1}""", "version"),
            ("""{"version":1,"groups":[{"name":" "}]}""", "groups"), ("""{"version":1,"groups":[null]}""", "groups"), ("""{"version":1,"senders":[null]}""", "senders"), ("""{"version":1,"threshold":0.5}""", "threshold"), ("""{"version":"1"}""", "version"),
        })
        {
            await AssertProblem(await boss.PutAsync("/v1/triage/settings", Json(body)), 400, "invalid_argument", field);
        }

        using var ada = gateway.As();
        await AssertProblem(await ada.PutAsync("/v1/triage/settings", Json("""{"version":1}""")), 403, "forbidden");
    }

    [Fact]
    public async Task Thresholds_AreReadAndSetApartFromOtherSettings()
    {
        Triage.Settings = new TriageSettings { TimeZone = "Europe/Berlin", WantedPrecision = 0.97, AutoRouteAt = 0.9 };
        using var boss = Admin();

        var read = await BodyOf(await boss.GetAsync("/v1/triage/thresholds"));
        var set = await BodyOf(await boss.PutAsync("/v1/triage/thresholds", Json($$"""{"version":{{read.GetProperty("version")}},"reviewAt":0.6}""")));

        Assert.Equal(("settings", 0.97, 0.91, 0.7), (read.GetProperty("from").GetString(), read.GetProperty("wantedPrecision").GetDouble(), read.GetProperty("autoRouteAt").GetDouble(), read.GetProperty("reviewAt").GetDouble()));
        Assert.Equal((1, "head"), (set.GetProperty("version").GetInt32(), set.GetProperty("from").GetString()));
        Assert.True(Triage.Settings is { Version: 1, TimeZone: "Europe/Berlin", WantedPrecision: 0.97, AutoRouteAt: null, ReviewAt: 0.6 }, $"{Triage.Settings}");
        foreach (var (body, status, field) in new[]
        {
            ("""{"version":0}""", 409, "version"), ("""{"version":1,"wantedPrecision":1}""", 400, "wantedPrecision"), ("""{"version":1,"reviewAt":2}""", 400, "reviewAt"), ("""{"version":1,"timeZone":"UTC"}""", 400, "timeZone"),
        })
        {
            await AssertProblem(await boss.PutAsync("/v1/triage/thresholds", Json(body)), status, status == 409 ? "conflict" : "invalid_argument", field);
        }

        using var ada = gateway.As();
        await AssertProblem(await ada.GetAsync("/v1/triage/thresholds"), 403, "forbidden");
        await AssertProblem(await ada.PutAsync("/v1/triage/thresholds", Json("""{"version":1}""")), 403, "forbidden");
    }

    [Fact]
    public async Task Learning_OverTheHttpClient_IsTheSameAsOverGrains()
    {
        await using var services = Connect("u-boss", WellKnownRoles.Admin);
        var triage = services.GetRequiredService<IStewardUserClient>().Triage;

        var report = await triage.GetReportAsync(30);
        Assert.Equal((new DateOnly(2026, 1, 2), new DateOnly(2026, 1, 31), 1234L, 0.91), (report.From, report.To, report.Labels, report.AutoRouteAt));
        Assert.Equal(("Network", 10L, 0.25), (report.Groups[0].Label, report.Groups[0].Decided, report.Groups[0].OverrideRate));
        Assert.Equal("head-1", (await triage.UseHeadAsync(new UseTriageHead { Version = "head-1", Reason = "too many overrides" })).Current);
        Assert.Equal(("head-3", 0.1, 3), ((await triage.GetHeadsAsync()).Canary, (await triage.GetHeadsAsync()).CanaryShare, (await triage.GetHeadsAsync()).Heads.Count));
        Assert.Equal([TriageTrainingState.RolledBack, TriageTrainingState.Promoted], (await triage.ListTrainingsAsync()).Select(training => training.State));
        Assert.Equal(TriageTrainingState.Running, (await triage.StartTrainingAsync()).State);
        Assert.Equal((0.3, true, "u-odd"), ((await triage.GetHealthAsync()).InputDrift, (await triage.GetHealthAsync()).IsInputDrifting, (await triage.GetHealthAsync()).HeldBackPeople[0]));
        Assert.Equal(["Mail", null], (await triage.ClassifyAllAsync([new TriageTicket { Description = "Mail" }, new TriageTicket()])).Select(outcome => outcome.Decision?.Label));
        Assert.True((await triage.LabelAsync([new TriageLabel { TicketId = "jira:9", Label = "Mail", Source = TriageLabelSource.Feedback }]))[0].IsTaken);

        using var boss = Admin();
        foreach (var days in new[] { "0", "91", "-1", "x", "1.5" })
        {
            await AssertProblem(await boss.GetAsync("/v1/triage/reports?days=" + days), 400, "invalid_argument", "days");
        }

        var found = await triage.FindTicketsAsync(new FindTickets { Text = "inbox & outlook?", Groups = ["Mail + Chat", "Network"], Top = 7 });
        Assert.Equal(("inbox & outlook?", "Mail + Chat", "words and meaning", true), (found.Tickets[0].ShortDescription, found.Tickets[0].Label, found.Mode, found.IsComplete));
        Assert.Contains(gateway.Cluster.Triage.Searches, query => query is { Text: "inbox & outlook?", Top: 7, Groups: ["Mail + Chat", "Network"] });
        await AssertProblem(await boss.PostAsync("/v1/triage/tickets/search", Json("""{"text":"x","groups":[null]}""")), 400, "invalid_argument", "groups");

        using var ada = gateway.As();
        foreach (var path in new[] { "reports", "health", "imports", "imports/m-1" })
        {
            await AssertProblem(await ada.GetAsync("/v1/triage/" + path), 403, "forbidden");
        }

        await AssertProblem(await ada.PostAsync("/v1/triage/trainings", null), 403, "forbidden");
        await AssertProblem(await ada.PostAsync("/v1/triage/heads/use", Json("""{"reason":"because"}""")), 403, "forbidden");
    }

    [Fact]
    public async Task Import_File_IsSentWatchedAndCancelled()
    {
        await using var services = Connect("u-boss", WellKnownRoles.Admin);
        var triage = services.GetRequiredService<IStewardUserClient>().Triage;
        const string Text = "text,label\nno mail,Mail\nnothing\n";

        var import = await triage.ImportAsync(() => new MemoryStream(Encoding.UTF8.GetBytes(Text)), "sent-1");

        Assert.Equal(("m-sent-1", 2L, 1L), (import.Id, import.Rows, import.BadRows));
        Assert.Equal((3L, "has no label."), (import.Problems[0].Line, import.Problems[0].Problem));
        Assert.Equal(Text, Triage.Imports["t-acme m-sent-1"].Text);
        Assert.Equal("m-sent-1", (await triage.GetImportAsync("m-sent-1")).Id);
        Assert.Contains("m-sent-1", (await triage.ListImportsAsync()).Select(known => known.Id));
        Assert.Equal(TriageImportState.Cancelled, (await triage.CancelImportAsync("m-sent-1")).State);
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => triage.GetImportAsync("m-none"))).Code);

        using var boss = Admin();
        using var response = await boss.SendAsync(Csv(Text, key: "sent-2"));
        Assert.Equal((HttpStatusCode.Accepted, "/v1/triage/imports/m-sent-2"), (response.StatusCode, response.Headers.Location?.ToString()));
        using var stream = await boss.GetAsync("/v1/triage/imports/m-sent-2/stream");
        var events = await stream.Content.ReadAsStringAsync();
        Assert.Equal(2, events.Split("event: import\n").Length - 1);
        Assert.Contains("\"state\":\"running\"", events, StringComparison.Ordinal);
        Assert.Contains("\"state\":\"done\"", events, StringComparison.Ordinal);
        await AssertProblem(await boss.GetAsync("/v1/triage/imports/m-none/stream"), 404, "not_found");
    }

    [Fact]
    public async Task Import_WrongKindOfBody_IsRefused()
    {
        using var boss = Admin();
        var json = await AssertProblem(await boss.PostAsync("/v1/triage/imports", Json("{}")), 415, "unsupported_media_type", "Content-Type");
        Assert.StartsWith("This path takes no JSON", json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        await AssertProblem(await boss.PostAsync("/v1/triage/imports", new StringContent("text,label", Encoding.Latin1, "text/csv")), 415, "unsupported_media_type", "Content-Type");
        using var packed = Csv("text,label\n");
        packed.Content!.Headers.ContentEncoding.Add("gzip");
        await AssertProblem(await boss.SendAsync(packed), 415, "unsupported_media_type", "Content-Encoding");
        await AssertProblem(await boss.SendAsync(Csv("")), 400, "invalid_argument", "body");
        using var ada = gateway.As();
        await AssertProblem(await ada.SendAsync(Csv("text,label\n")), 403, "forbidden");
        Assert.StartsWith("HTTP/1.1 413", await SendHeadAsync("/v1/triage/imports", "text/csv", 2L * 1024 * 1024 * 1024), StringComparison.Ordinal);
    }

    private static HttpRequestMessage Csv(string text, string? key = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/triage/imports") { Content = new StringContent(text, Encoding.UTF8, "text/csv") };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return request;
    }

    private HttpClient Admin()
    {
        var client = gateway.As("u-boss");
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", gateway.Token("u-boss", "t-acme", WellKnownRoles.Admin));
        return client;
    }

    // Says how long the body is and sends none: a line on which it still comes is broken off.
    private async Task<string> SendHeadAsync(string path, string type, long length)
    {
        using var line = new TcpClient();
        await line.ConnectAsync(gateway.Address.Host, gateway.Address.Port);
        await using var stream = line.GetStream();
        var token = gateway.Token("u-boss", "t-acme", WellKnownRoles.Admin);
        var head = $"POST {path} HTTP/1.1\r\nHost: {gateway.Address.Authority}\r\nAuthorization: Bearer {token}\r\nContent-Type: {type}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadLineAsync() ?? "";
    }

    private ServiceProvider Connect(string user, params string[] roles) => HttpClientTests.Connect(gateway.Address, token: gateway.Token(user, "t-acme", roles));
}
