using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json.Serialization.Metadata;
using Steward.Triage;

namespace Steward.Client.Http;

/// <summary>The tenant's triage over a gateway's HTTP API.</summary>
internal sealed class HttpTriageClient(HttpStewardUserClient http, TimeProvider time) : ITriageClient
{
    private const string Root = "v1/triage";

    private static readonly ClientTriageWireJson Json = ClientTriageWireJson.Default;

    /// <inheritdoc/>
    public async Task<TriageDecision> ClassifyAsync(TriageTicket ticket, CancellationToken cancellationToken = default)
    {
        InputRules.Ticket(ticket);
        var request = new ClassifyTicketsRequest { Ticket = TriageWireMapping.ToRequest(ticket) };
        var answer = await SendAsync("triage.classify", Root + "/classify", request, Json.ClassifyTicketsRequest, Json.ClassifiedTicketsResource, cancellationToken);
        return answer.Results is [{ Decision: { } decision }] ? decision : throw HttpStewardUserClient.Unreadable();
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TriageOutcome>> ClassifyAllAsync(IReadOnlyList<TriageTicket> tickets, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tickets);
        InputRules.Several(tickets.Count, "tickets");
        var request = new ClassifyTicketsRequest { Tickets = [.. tickets.Select(TriageWireMapping.ToRequest)] };
        var answer = await SendAsync("triage.classify", Root + "/classify", request, Json.ClassifyTicketsRequest, Json.ClassifiedTicketsResource, cancellationToken);
        return [.. answer.Results.Select(result => new TriageOutcome(
            result.TicketId, result.Decision, result.Problem is { } problem ? HttpStewardUserClient.ToError(problem, problem.Status, null) : null))];
    }

    /// <inheritdoc/>
    public Task<TriageDecision> GetDecisionAsync(string ticketId, CancellationToken cancellationToken = default)
    {
        InputRules.TicketId(ticketId);
        return GetAsync("triage.get-decision", $"{Root}/decisions/{Uri.EscapeDataString(ticketId)}", Json.TriageDecision, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<FoundTickets> FindTicketsAsync(FindTickets query, CancellationToken cancellationToken = default)
    {
        InputRules.FindTickets(query);
        var request = new FindTicketsRequest { Text = query.Text, Groups = query.Groups, Top = query.Top };
        return SendAsync("triage.find-tickets", Root + "/tickets/search", request, Json.FindTicketsRequest, Json.FoundTickets, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<WaitingTickets> ListWaitingAsync(long afterSequence = 0, int limit = 50, CancellationToken cancellationToken = default) =>
        GetAsync("triage.list-waiting", string.Create(CultureInfo.InvariantCulture, $"{Root}/queue?after={afterSequence}&limit={limit}"), Json.WaitingTickets, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TriageLabelResult>> LabelAsync(IReadOnlyList<TriageLabel> labels, CancellationToken cancellationToken = default)
    {
        InputRules.Labels(labels);
        var request = new LabelTicketsRequest { Labels = [.. labels.Select(TriageWireMapping.ToRequest)] };
        return (await SendAsync("triage.label", Root + "/feedback", request, Json.LabelTicketsRequest, Json.LabelledTicketsResource, cancellationToken)).Results;
    }

    /// <inheritdoc/>
    public Task<TriageSettings> GetSettingsAsync(CancellationToken cancellationToken = default) => GetAsync("triage.get-settings", Root + "/settings", Json.TriageSettings, cancellationToken);

    /// <inheritdoc/>
    public Task<TriageSettings> SetSettingsAsync(TriageSettings settings, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var request = TriageWireMapping.ToRequest(settings);
        return http.SendAsync(
            "triage.set-settings",
            changes: true,
            () => new HttpRequestMessage(HttpMethod.Put, Root + "/settings") { Content = HttpStewardUserClient.Body(request, Json.SetTriageSettingsRequest) },
            Json.TriageSettings,
            cancellationToken,
            idempotent: false);
    }

    /// <inheritdoc/>
    public Task<TriageReport> GetReportAsync(int days = 7, CancellationToken cancellationToken = default)
    {
        InputRules.ReportDays(days);
        return GetAsync("triage.report", string.Create(CultureInfo.InvariantCulture, $"{Root}/reports?days={days}"), Json.TriageReport, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<TriageHeads> GetHeadsAsync(CancellationToken cancellationToken = default) => GetAsync("triage.get-heads", Root + "/heads", Json.TriageHeads, cancellationToken);

    /// <inheritdoc/>
    public Task<TriageHeads> UseHeadAsync(UseTriageHead command, CancellationToken cancellationToken = default)
    {
        InputRules.UseHead(command);
        var request = new UseTriageHeadRequest { Version = command.Version, Share = command.Share, Reason = command.Reason };
        return SendAsync("triage.use-head", Root + "/heads/use", request, Json.UseTriageHeadRequest, Json.TriageHeads, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TriageTraining>> ListTrainingsAsync(CancellationToken cancellationToken = default) =>
        (await GetAsync("triage-learning.list", Root + "/trainings", Json.TriageTrainingListResource, cancellationToken)).Trainings;

    /// <inheritdoc/>
    public Task<TriageTraining> StartTrainingAsync(CancellationToken cancellationToken = default) =>
        http.SendAsync("triage-learning.start", changes: true, () => new HttpRequestMessage(HttpMethod.Post, Root + "/trainings"), Json.TriageTraining, cancellationToken);

    /// <inheritdoc/>
    public Task<TriageHealth> GetHealthAsync(CancellationToken cancellationToken = default) => GetAsync("triage-learning.get-health", Root + "/health", Json.TriageHealth, cancellationToken);

    /// <inheritdoc/>
    public Task<TriageImport> ImportAsync(Func<Stream> open, string? operationId = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(open);
        operationId ??= "op-" + RandomNumberGenerator.GetString(InputRules.IdAlphabet, 24);
        InputRules.OperationId(operationId);
        return http.SendAsync(
            "triage-import.add-part",
            changes: true,
            () =>
            {
                var request = new HttpRequestMessage(HttpMethod.Post, Root + "/imports") { Content = new StreamContent(open()) { Headers = { ContentType = new MediaTypeHeaderValue("text/csv") } } };
                request.Headers.TryAddWithoutValidation("Idempotency-Key", operationId);
                return request;
            },
            Json.TriageImport,
            cancellationToken,
            isLong: true);
    }

    /// <inheritdoc/>
    public Task<TriageImport> GetImportAsync(string importId, CancellationToken cancellationToken = default) =>
        GetAsync("triage-import.get", Root + "/imports/" + Checked(importId), Json.TriageImport, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TriageImport>> ListImportsAsync(CancellationToken cancellationToken = default) =>
        (await GetAsync("triage-imports.list", Root + "/imports", Json.TriageImportListResource, cancellationToken)).Imports;

    /// <inheritdoc/>
    public IAsyncEnumerable<TriageImport> WatchImportAsync(string importId, CancellationToken cancellationToken = default) =>
        ImportWatch.WatchAsync(token => GetImportAsync(importId, token), time, cancellationToken);

    /// <inheritdoc/>
    public Task<TriageImport> CancelImportAsync(string importId, CancellationToken cancellationToken = default)
    {
        var path = Root + "/imports/" + Checked(importId);
        return http.SendAsync("triage-import.cancel", changes: true, () => new HttpRequestMessage(HttpMethod.Delete, path), Json.TriageImport, cancellationToken);
    }

    private static string Checked(string importId)
    {
        InputRules.ImportId(importId);
        return importId;
    }

    private Task<T> GetAsync<T>(string operation, string path, JsonTypeInfo<T> json, CancellationToken cancellationToken)
        where T : class =>
        http.SendAsync(operation, changes: false, () => new HttpRequestMessage(HttpMethod.Get, path), json, cancellationToken);

    private Task<TAnswer> SendAsync<TBody, TAnswer>(string operation, string path, TBody body, JsonTypeInfo<TBody> bodyJson, JsonTypeInfo<TAnswer> json, CancellationToken cancellationToken)
        where TAnswer : class =>
        http.SendAsync(operation, changes: true, () => new HttpRequestMessage(HttpMethod.Post, path) { Content = HttpStewardUserClient.Body(body, bodyJson) }, json, cancellationToken);
}
