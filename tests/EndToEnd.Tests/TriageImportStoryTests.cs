using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Steward.EnterpriseSim;
using Steward.Host.Demo;

namespace Steward.EndToEnd.Tests;

/// <summary>A tenant brings its history, the process dies while it is read, and triage learns from all of it, once.</summary>
public sealed class TriageImportStoryTests : IAsyncLifetime
{
    private const int Rows = 20_000;
    private const int BadEvery = 100;

    private static readonly (string Group, string[] Texts)[] History =
    [
        ("Netzwerk Berlin", ["vpn tunnel drops every hour", "office wifi has no signal on floor two", "switch port is dead after the move"]),
        ("Druck und Papier", ["printer jams with recycled paper", "toner is empty in the copy room", "scan to mail gives a blank page"]),
        ("Lohn", ["payslip shows the wrong tax class", "overtime is missing in my salary", "bank account for wages must change"]),
        ("Zugang", ["badge does not open the garage", "password expired and the reset link fails", "new colleague needs a login"]),
    ];

    private readonly TemporaryDirectory _data = new();
    private EnterpriseSimulation? _simulation;

    public async Task InitializeAsync() => _simulation = await EnterpriseSimulation.StartAsync();

    public async Task DisposeAsync()
    {
        await _simulation!.DisposeAsync();
        _data.Dispose();
    }

    [Fact]
    public async Task Import_KilledOnTheWay_HasEachRowOnce()
    {
        string import;
        await using (var steward = await StewardProcess.StartAsync(_data.Path, _simulation!))
        {
            using var admin = SignIn(steward);
            var sent = await SendAsync(admin);
            import = sent.GetProperty("id").GetString()!;
            var now = await UntilAsync(admin, import, state => state.GetProperty("rows").GetInt64() > 0);
            Assert.Equal("running", now.GetProperty("state").GetString());
            await steward.KillAsync();
        }

        await using var again = await StewardProcess.StartAsync(_data.Path, _simulation!);
        using var client = SignIn(again);
        var ended = await UntilAsync(client, import, state => state.GetProperty("state").GetString() != "running");
        Assert.Equal(
            ("done", Rows - (Rows / BadEvery), Rows / BadEvery),
            (ended.GetProperty("state").GetString(), ended.GetProperty("rows").GetInt32(), ended.GetProperty("badRows").GetInt32()));
        Assert.Equal("has no label.", ended.GetProperty("problems")[0].GetProperty("problem").GetString());

        // The same file again is the same import, and adds nothing.
        Assert.Equal(import, (await SendAsync(client)).GetProperty("id").GetString());
        Assert.Equal(Rows - (Rows / BadEvery), (await GetAsync(client, "reports?days=1")).GetProperty("labels").GetInt32());
    }

    // Tickets with the same words are one for what is kept away from training; numbers are no words.
    private static string Word(int number) => $"desk{(char)('a' + (number / 676 % 26))}{(char)('a' + (number / 26 % 26))}{(char)('a' + (number % 26))}";

    private static HttpClient SignIn(StewardProcess steward) => steward.Client(steward.Token(DemoTenant.Admin));

    private static async Task<JsonElement> SendAsync(HttpClient client)
    {
        var text = new StringBuilder("id,text,group\n");
        for (var row = 0; row < Rows; row++)
        {
            var (group, texts) = History[row % History.Length];
            text.Append(CultureInfo.InvariantCulture, $"old:{row},{texts[row / History.Length % texts.Length]} on {Word(row % 997)} of {Word(row % 89)},{(row % BadEvery == BadEvery - 1 ? "" : group)}\n");
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/triage/imports") { Content = new StringContent(text.ToString(), Encoding.UTF8, "text/csv") };
        request.Headers.Add("Idempotency-Key", "story");
        using var response = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal(new MediaTypeHeaderValue("application/json", "utf-8"), response.Content.Headers.ContentType);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static async Task<JsonElement> UntilAsync(HttpClient client, string import, Func<JsonElement, bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        while (true)
        {
            var state = await GetAsync(client, $"imports/{import}");
            if (condition(state))
            {
                return state;
            }

            await Task.Delay(20, limit.Token);
        }
    }

    private static Task<JsonElement> GetAsync(HttpClient client, string path) => client.GetFromJsonAsync<JsonElement>("/v1/triage/" + path);
}
