using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Steward.Benchmarks.Measuring;

namespace Steward.Benchmarks.Scenarios;

/// <summary>A budget of the tenant that counts every token and is never used up, and what its admin sets beside it.</summary>
internal sealed class TokenBudget : IDisposable
{
    private const string Path = "v1/model-budgets";
    private readonly HttpClient _admin;

    private TokenBudget(HttpClient admin) => _admin = admin;

    public static async Task<TokenBudget> SetAsync(Server server, CancellationToken cancellationToken)
    {
        var admin = new HttpClient(new SocketsHttpHandler { UseProxy = false }, disposeHandler: true) { BaseAddress = server.Url };
        admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", server.Token(new LoadUser("u-admin", "Admin", "admin@acme.example"), roles: "admin"));
        using var content = new StringContent("""{"scope":"tenant","unit":"tokens","window":"month","limit":1000000000000}""", Encoding.UTF8, "application/json");
        using var set = await admin.PutAsync(Path + "/bench", content, cancellationToken);
        set.EnsureSuccessStatusCode();
        return new TokenBudget(admin);
    }

    /// <summary>Caps the tenant's cost of a call by intent.</summary>
    /// <param name="caps">A JSON object of intents and US dollars.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    public async Task SetCostCapsAsync(string caps, CancellationToken cancellationToken)
    {
        using var settings = JsonDocument.Parse(await _admin.GetStringAsync("v1/model-settings", cancellationToken));
        using var content = new StringContent($$"""{"revision":{{settings.RootElement.GetProperty("revision").GetInt64()}},"costCaps":{{caps}}}""", Encoding.UTF8, "application/json");
        using var set = await _admin.PutAsync("v1/model-settings", content, cancellationToken);
        set.EnsureSuccessStatusCode();
    }

    /// <summary>What is used, once nothing is under way and no more comes.</summary>
    public async Task<long> ReadAsync(CancellationToken cancellationToken)
    {
        for (var (before, calm) = (-1L, 0); ; await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellationToken))
        {
            using var answer = JsonDocument.Parse(await _admin.GetStringAsync(Path, cancellationToken));
            var use = answer.RootElement.GetProperty("budgets")[0].GetProperty("use");
            var (used, reserved) = use.GetArrayLength() == 0 ? (0L, 0L) : ((long)use[0].GetProperty("used").GetDecimal(), (long)use[0].GetProperty("reserved").GetDecimal());
            calm = used == before && reserved == 0 ? calm + 1 : 0;
            before = used;
            if (calm == 3)
            {
                return used;
            }
        }
    }

    /// <summary>What the cost records say, once no more come.</summary>
    public async Task<RecordedTokens> RecordsAsync(CancellationToken cancellationToken)
    {
        var today = TimeProvider.System.GetUtcNow();
        var path = string.Create(CultureInfo.InvariantCulture, $"v1/model-costs?fromDay={today.AddDays(-1):yyyy-MM-dd}&toDay={today.AddDays(1):yyyy-MM-dd}&by=outcome");
        for (var (before, calm) = (-1L, 0); ; await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, cancellationToken))
        {
            using var answer = JsonDocument.Parse(await _admin.GetStringAsync(path, cancellationToken));
            var rows = answer.RootElement.GetProperty("rows").EnumerateArray()
                .Select(row => (Outcome: row.GetProperty("keys")[0].GetString(), Calls: row.GetProperty("calls").GetInt64(), Tokens: row.GetProperty("inputTokens").GetInt64() + row.GetProperty("outputTokens").GetInt64()))
                .ToList();
            var all = rows.Sum(row => row.Calls);
            calm = all == before ? calm + 1 : 0;
            before = all;
            if (calm == 3)
            {
                return new RecordedTokens(
                    rows.Where(row => row.Outcome == "completed").Sum(row => row.Tokens),
                    rows.Where(row => row.Outcome != "completed").Sum(row => row.Tokens),
                    rows.Where(row => row.Outcome != "completed").Sum(row => row.Calls));
            }
        }
    }

    public void Dispose() => _admin.Dispose();
}

/// <summary>Tokens in cost records: of calls that were answered, and of those that broke off or were left.</summary>
internal sealed record RecordedTokens(long Completed, long Estimated, long EstimatedCalls)
{
    public RecordedTokens Less(RecordedTokens before) => new(Completed - before.Completed, Estimated - before.Estimated, EstimatedCalls - before.EstimatedCalls);
}
