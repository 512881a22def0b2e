using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Steward.Benchmarks.Measuring;
using Steward.EnterpriseSim;
using Steward.Host.Demo;
using Steward.Identity;

namespace Steward.Benchmarks.Scenarios;

/// <summary>
/// Tickets through everything that a tenant's go through: HTTP, gateway, the triage's grain, the inference grain, and the journal, into a Steward in a process of its own. Meanwhile it embeds imported tickets, as it does for
/// finding them again.
/// </summary>
internal static class InferenceGateway
{
    private static readonly TimeSpan ImportedWithin = TimeSpan.FromMinutes(2);

    /// <summary>Measures.</summary>
    /// <param name="models">The folder of models.</param>
    /// <param name="classifier">The model that classifies.</param>
    /// <param name="embedder">The model that embeds.</param>
    /// <param name="texts">What tickets say; no two are the same.</param>
    /// <param name="rate">Tickets a second.</param>
    /// <param name="duration">How long.</param>
    /// <param name="rows">How many old tickets are imported, to be embedded meanwhile.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public static async Task<ThroughGateway> MeasureAsync(string models, string classifier, string embedder, Func<string> texts, double rate, TimeSpan duration, int rows, CancellationToken cancellationToken)
    {
        await using var simulation = await EnterpriseSimulation.StartAsync(cancellationToken: cancellationToken);
        await using var server = await Server.StartAsync(
            simulation,
            new Dictionary<string, string?> { ["Steward:Inference:ModelDirectory"] = Path.GetFullPath(models), ["Steward:Triage:SimilarModel"] = embedder },
            cancellationToken);
        await using var connections = LoadConnections.Create(server.Url);
        using var http = connections.CreateClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", server.Token(new LoadUser("u-desk", "Desk", "desk@acme.example"), DemoTenant.Id, WellKnownRoles.Admin));
        await SetAsync(http, classifier, cancellationToken);

        // The first tickets find models that are not loaded and code that is not compiled.
        for (var number = 0; number < 100; number++)
        {
            await ClassifyAsync(http, $"first:{number}", texts(), cancellationToken);
        }

        var quiet = await LoadAsync(http, "quiet", texts, rate, duration, cancellationToken);
        await ImportAsync(http, texts, rows, cancellationToken);
        var (before, began) = (await EmbeddedAsync(http, embedder, cancellationToken), Stopwatch.GetTimestamp());
        var beside = await LoadAsync(http, "beside", texts, rate, duration, cancellationToken);
        var background = (await EmbeddedAsync(http, embedder, cancellationToken) - before) / Stopwatch.GetElapsedTime(began).TotalSeconds;
        return new ThroughGateway(rate, quiet, beside, background, await IsEmbeddingAsync(http, cancellationToken));
    }

    private static async Task SetAsync(HttpClient http, string classifier, CancellationToken cancellationToken)
    {
        using var response = await http.PutAsJsonAsync("v1/triage/settings", new { version = 0, baseModel = classifier, nightlyTraining = false }, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    // An open load: a ticket comes when it comes, however long earlier ones take.
    private static async Task<LatencySummary> LoadAsync(HttpClient http, string prefix, Func<string> texts, double rate, TimeSpan duration, CancellationToken cancellationToken)
    {
        var (latencies, asked, clock) = (new Latencies(), new List<Task>(), Stopwatch.StartNew());
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1 / rate), TimeProvider.System);
        while (clock.Elapsed < duration && await timer.WaitForNextTickAsync(cancellationToken))
        {
            asked.Add(TimedAsync($"{prefix}:{asked.Count}"));
        }

        await Task.WhenAll(asked);
        return latencies.Summarize();

        async Task TimedAsync(string id)
        {
            var began = Stopwatch.GetTimestamp();
            await ClassifyAsync(http, id, texts(), cancellationToken);
            latencies.Add(Stopwatch.GetElapsedTime(began));
        }
    }

    private static async Task ClassifyAsync(HttpClient http, string id, string text, CancellationToken cancellationToken)
    {
        using var response = await http.PostAsJsonAsync("v1/triage/classify", new { ticket = new { id, description = text } }, cancellationToken);
        var answer = await response.Content.ReadAsStringAsync(cancellationToken);
        if (!response.IsSuccessStatusCode || !answer.Contains("\"base:", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"A ticket was answered with {(int)response.StatusCode}: {answer}");
        }
    }

    private static async Task ImportAsync(HttpClient http, Func<string> texts, int rows, CancellationToken cancellationToken)
    {
        var csv = new StringBuilder("id,text,group\n");
        for (var row = 0; row < rows; row++)
        {
            csv.Append(CultureInfo.InvariantCulture, $"old:{row},{texts()} {row},group {row % 8}\n");
        }

        using var content = new StringContent(csv.ToString(), Encoding.UTF8, "text/csv");
        using var response = await http.PostAsync(new Uri("v1/triage/imports", UriKind.Relative), content, cancellationToken);
        response.EnsureSuccessStatusCode();
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            var list = await http.GetFromJsonAsync<JsonElement>("v1/triage/imports", cancellationToken);
            var import = list.GetProperty("imports")[0];
            if (import.GetProperty("state").GetString() == "done" && import.GetProperty("rows").GetInt32() == rows)
            {
                return;
            }

            if (Stopwatch.GetElapsedTime(began) > ImportedWithin)
            {
                throw new InvalidOperationException($"The old tickets were not read in time: {import}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
        }
    }

    private static async Task<double> EmbeddedAsync(HttpClient http, string embedder, CancellationToken cancellationToken) =>
        (await PrometheusPage.ReadAsync(http, cancellationToken)).Sum("steward_inference_texts_total", ("steward_model", embedder));

    private static async Task<bool> IsEmbeddingAsync(HttpClient http, CancellationToken cancellationToken)
    {
        using var response = await http.PostAsJsonAsync("v1/triage/tickets/search", new { text = "printer", top = 1 }, cancellationToken);
        response.EnsureSuccessStatusCode();
        return !(await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).GetProperty("isComplete").GetBoolean();
    }
}

/// <summary>Tickets through the gateway.</summary>
/// <param name="Rate">Tickets a second.</param>
/// <param name="Quiet">Their latencies, from the request to the end of the answer, when nothing else is done.</param>
/// <param name="Beside">The same while old tickets are embedded.</param>
/// <param name="Background">Texts embedded a second meanwhile.</param>
/// <param name="WasEmbeddingToTheEnd">Whether there were still old tickets to embed afterwards.</param>
internal sealed record ThroughGateway(double Rate, LatencySummary Quiet, LatencySummary Beside, double Background, bool WasEmbeddingToTheEnd);
