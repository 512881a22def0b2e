using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Pipeline.Middleware;
using Steward.Engines.Connectors.Pipeline.Replies;
using Steward.Engines.Connectors.Pipeline.Requests;

namespace Steward.Engines.Connectors.Pipeline;

/// <summary>Looks up whether an earlier attempt took effect, as <see cref="Templates.ReconcileSpec"/> says. Changes nothing over there.</summary>
internal sealed class Reconciliation(CallStep run, IFieldMapper mapper, IOptionsMonitor<ConnectorsOptions> options, TimeProvider time)
{
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(2);

    // Vendors keep idempotency keys for a day; what was sent longer ago could be done again.
    private static readonly TimeSpan KeysLast = TimeSpan.FromHours(23);

    public async Task<ReconcileOutcome> RunAsync(ConnectorCallRequest request, DateTimeOffset sentAt, CancellationToken cancellationToken)
    {
        var operation = request.Operation;
        var isNatural = operation.Idempotency is { Natural: true };
        if (operation.Effect == OperationEffect.Read)
        {
            return new ReconciledNotDone();
        }

        if (operation.Reconcile is null && !operation.Code)
        {
            return isNatural || (operation.Idempotency is { Header: not null } && time.GetUtcNow() - sentAt < KeysLast)
                // Doing it again is the same as having done it once.
                ? new ReconciledNotDone()
                : new ReconcileUnknown($"{operation.Id} leaves nothing that could be looked up.");
        }

        try
        {
            var call = operation.Code ? null : Prepare(request, sentAt, cancellationToken);
            var outcome = await OnceAsync();
            var settle = options.CurrentValue.SettleDelay;
            if (outcome is ReconciledNotDone && !isNatural && settle > TimeSpan.Zero)
            {
                await Task.Delay(settle, time, cancellationToken);
                outcome = await OnceAsync();
            }

            return outcome;

            Task<ReconcileOutcome> OnceAsync() => call is null ? AskTypedAsync(request, sentAt, cancellationToken) : LookUpAsync(call, cancellationToken);
        }
        catch (OutcomeException exception)
        {
            return new ReconcileUnknown(exception.Outcome switch
            {
                ActionFailed failed => failed.Message,
                ActionUnknown unknown => unknown.Reason,
                _ => "The system could not be asked.",
            });
        }
    }

    private async Task<ReconcileOutcome> AskTypedAsync(ConnectorCallRequest request, DateTimeOffset sentAt, CancellationToken cancellationToken)
    {
        var call = new ConnectorCall(request with { Deadline = null, DryRun = false }, cancellationToken) { IsLookup = true, LookupSentAt = sentAt };
        return await run(call) switch
        {
            // The result that a repetition of the call would have had: as the tenant's mappings write it.
            ActionSucceeded => call.Found is ReconciledDone done ? Done(call, done.Result) : call.Found ?? new ReconcileUnknown("The system could not be asked."),
            ActionFailed failed => new ReconcileUnknown(failed.Message),
            ActionUnknown unknown => new ReconcileUnknown(unknown.Reason),
            _ => new ReconcileUnknown("The system could not be asked."),
        };
    }

    // The action's own call, with the arguments as they were sent, for what the look-up is made of.
    private ConnectorCall Prepare(ConnectorCallRequest request, DateTimeOffset sentAt, CancellationToken cancellationToken)
    {
        var call = new ConnectorCall(request, cancellationToken);
        var arguments = request.Arguments;
        if (request.Target.Instance.Mappings.TryGetValue(request.Operation.Id, out var mappings))
        {
            try
            {
                arguments = mapper.Map(arguments, mappings, MappingDirection.Out);
            }
            catch (Exception exception) when (exception is FormatException or InvalidOperationException)
            {
                throw OutcomeException.Failed(FailureCodes.InvalidArgument, $"The arguments of {request.Operation.Id} cannot be mapped: {exception.Message}");
            }
        }

        call.UseArguments(call.Operation.Check(arguments), (sentAt - ClockSkew).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        return call;
    }

    private async Task<ReconcileOutcome> LookUpAsync(ConnectorCall action, CancellationToken cancellationToken)
    {
        var spec = action.Request.Operation.Reconcile!;
        if (action.Operation.Owner.Find(spec.Operation) is not { Effect: OperationEffect.Read } lookup)
        {
            return new ReconcileUnknown($"The template names no read operation by which {action.Request.Operation.Id} could be looked up.");
        }

        // Mappings of the look-up are for those who call it; here the system's own names count.
        var target = action.Request.Target with { Instance = action.Instance with { Mappings = new Dictionary<string, IReadOnlyList<FieldMapping>>() } };
        var call = new ConnectorCall(
            action.Request with
            {
                Target = target,
                Operation = lookup,
                Arguments = action.Operation.Lookup?.Element(action.Scope) ?? JsonSerializer.SerializeToElement(new { }),
                Deadline = null,
                DryRun = false,
            },
            cancellationToken) { IsLookup = true };
        return await run(call) switch
        {
            ActionSucceeded succeeded => Judge(action, succeeded.Result),
            ActionFailed { Code: FailureCodes.NotFound } => new ReconciledNotDone(),
            ActionFailed failed => new ReconcileUnknown(failed.Message),
            ActionUnknown unknown => new ReconcileUnknown(unknown.Reason),
            _ => new ReconcileUnknown("The system could not be asked."),
        };
    }

    private ReconcileOutcome Judge(ConnectorCall action, JsonElement result)
    {
        var expected = new List<(string Path, JsonElement Value)>();
        foreach (var (path, template) in action.Operation.Expected)
        {
            // What the caller left out was not sent either, and cannot be expected.
            if (template.Json(action.Scope) is { } json)
            {
                using var document = JsonDocument.Parse(json);
                expected.Add((path, document.RootElement.Clone()));
            }
        }

        if (expected.Count == 0 && action.Operation.Expected.Length > 0)
        {
            return new ReconcileUnknown($"Nothing of what {action.Request.Operation.Id} was asked to do can be recognised.");
        }

        var isList = result.TryGetProperty("items", out var items) && items.ValueKind == JsonValueKind.Array && result.TryGetProperty("truncated", out _);
        var candidates = isList ? items.EnumerateArray().ToList() : [result];
        foreach (var candidate in candidates)
        {
            if (expected.TrueForAll(item => Holds(candidate, item.Path, item.Value)))
            {
                return Done(action, ResultReader.Project(action, candidate));
            }
        }

        return isList && result.GetProperty("truncated").GetBoolean()
            ? new ReconcileUnknown("More was found than could be looked through.")
            : new ReconciledNotDone();
    }

    private ReconciledDone Done(ConnectorCall action, JsonElement result) => new(Mapped(action, result)) { Undo = UndoMiddleware.Plan(action, result) };

    private JsonElement Mapped(ConnectorCall action, JsonElement result)
    {
        try
        {
            return action.Instance.Mappings.TryGetValue(action.Request.Operation.Id, out var mappings) ? mapper.Map(result, mappings, MappingDirection.In) : result;
        }
        catch (FormatException exception)
        {
            throw OutcomeException.Failed(FailureCodes.BadResponse, exception.Message);
        }
    }

    private static bool Holds(JsonElement candidate, string path, JsonElement expected)
    {
        foreach (var found in Templates.ValuePath.FindAll(candidate, path))
        {
            if (JsonElement.DeepEquals(found, expected) ||
                // Ids are numbers here and texts there.
                (found.ValueKind is JsonValueKind.Number or JsonValueKind.String && expected.ValueKind is JsonValueKind.Number or JsonValueKind.String &&
                 TemplateScope.TextOf(found) == TemplateScope.TextOf(expected)))
            {
                return true;
            }
        }

        return false;
    }
}
