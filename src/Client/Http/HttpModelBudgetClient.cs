using System.Globalization;
using Steward.Models;

namespace Steward.Client.Http;

/// <summary>The tenant's budgets over a gateway's HTTP API.</summary>
internal sealed class HttpModelBudgetClient(HttpStewardUserClient http) : IModelBudgetClient
{
    private const string Root = "v1/model-budgets";

    private static readonly ClientModelBudgetWireJson Json = ClientModelBudgetWireJson.Default;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ModelBudget>> ListAsync(CancellationToken cancellationToken = default) =>
        (await http.SendAsync("model-budgets.list", changes: false, static () => new HttpRequestMessage(HttpMethod.Get, Root), Json.ModelBudgetListResource, cancellationToken)).Budgets;

    /// <inheritdoc/>
    public Task<ModelBudget> SetAsync(ModelBudgetSpec spec, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var request = new SetModelBudgetRequest
        {
            Scope = spec.Scope,
            Subject = spec.Subject,
            Unit = spec.Unit,
            Window = spec.Window,
            Limit = spec.Limit,
            TimeZone = spec.TimeZone,
            AlertAt = spec.AlertAt,
            CountsCached = spec.CountsCached,
        };
        return http.SendAsync(
            "model-budgets.set",
            changes: true,
            () => new HttpRequestMessage(HttpMethod.Put, $"{Root}/{Uri.EscapeDataString(spec.Id)}") { Content = HttpStewardUserClient.Body(request, Json.SetModelBudgetRequest) },
            Json.ModelBudget,
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string budgetId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(budgetId);
        return http.SendWithoutAnswerAsync("model-budgets.delete", () => new HttpRequestMessage(HttpMethod.Delete, $"{Root}/{Uri.EscapeDataString(budgetId)}"), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ModelCostReport> GetCostsAsync(ModelCostReportQuery query, CancellationToken cancellationToken = default)
    {
        ModelCostSums.Check(query);
        var path = string.Create(CultureInfo.InvariantCulture, $"v1/model-costs?fromDay={query.FromDay:yyyy-MM-dd}&toDay={query.ToDay:yyyy-MM-dd}&by={Uri.EscapeDataString(string.Join(',', query.By))}");
        return http.SendAsync("model-costs.read", changes: false, () => new HttpRequestMessage(HttpMethod.Get, path), Json.ModelCostReport, cancellationToken, isLong: true);
    }
}
