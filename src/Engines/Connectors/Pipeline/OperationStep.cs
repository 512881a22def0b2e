using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Pipeline.Replies;
using Steward.Engines.Connectors.Pipeline.Requests;
using Steward.Engines.Connectors.Sdk;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Pipeline;

/// <summary>Carries out an operation as its template says: one request, or one for each page of a list.</summary>
internal sealed class OperationStep(RequestStep send, IEnumerable<TypedConnector> typed)
{
    // Pages beyond this are not read: a result has to fit into a model's context many times over before.
    private const int MaxBytes = 8 * 1024 * 1024;

    private readonly Dictionary<string, TypedConnector> _typed = ByName(typed);

    public async Task<ActionOutcome> RunAsync(ConnectorCall call)
    {
        if (call.Request.Operation.Code)
        {
            return await RunTypedAsync(call);
        }

        var request = RequestBuilder.Build(call);
        var output = call.Request.Operation.Output;
        if (output.List)
        {
            return await ListAsync(call, request);
        }

        var exchange = await send(call, request);
        if (exchange.Failure is { } failure)
        {
            return failure;
        }

        return Read(call, () => ResultReader.Read(call, exchange.Reply!)) switch
        {
            // What was looked for is not there.
            { ValueKind: JsonValueKind.Undefined } when !call.IsWrite =>
                new ActionFailed(FailureCodes.NotFound, $"{call.Request.Target.Template.Name} has nothing that fits.", IsRetryable: false),
            { ValueKind: not JsonValueKind.Undefined } result => new ActionSucceeded(result),
            _ => Incomprehensible(call),
        };
    }

    private static Dictionary<string, TypedConnector> ByName(IEnumerable<TypedConnector> typed)
    {
        var all = new Dictionary<string, TypedConnector>(StringComparer.Ordinal);
        foreach (var connector in typed)
        {
            if (!all.TryAdd(connector.Name, connector))
            {
                throw new InvalidOperationException($"Two typed connectors are called '{connector.Name}': {all[connector.Name].GetType()} and {connector.GetType()}.");
            }
        }

        return all;
    }

    private async Task<ActionOutcome> RunTypedAsync(ConnectorCall call)
    {
        var template = call.Request.Target.Template;
        if (template.Implementation is not { } name || !_typed.TryGetValue(name, out var connector))
        {
            return new ActionFailed(FailureCodes.NotConfigured, $"{call.Request.Operation.Id} needs the typed connector '{template.Implementation}', which this program does not have.", IsRetryable: false);
        }

        if (call.Request.DryRun)
        {
            // It would be carried out: code knows nothing of parameters that show an effect without having it.
            return new ActionFailed(FailureCodes.Rejected, $"{call.Request.Operation.Id} cannot show its effect without having it.", IsRetryable: false);
        }

        try
        {
            var inner = new TypedCall(call, send);
            if (call.LookupSentAt is not { } sentAt)
            {
                var result = await connector.ExecuteAsync(inner);
                await TellShapeAsync(call, result);
                return new ActionSucceeded(result);
            }

            call.Found = await connector.ReconcileAsync(inner, sentAt);
            return new ActionSucceeded(default);
        }
        catch (TypedConnectorException exception)
        {
            return exception.Outcome;
        }
        catch (OutcomeException exception)
        {
            return exception.Outcome;
        }
    }

    // Code makes its result of several answers, each with a permit of its own: it is told apart from them, and counts for no limit.
    private static async Task TellShapeAsync(ConnectorCall call, JsonElement result)
    {
        if (!call.WantsShape || ReplyShape.Of(result) is not { } shape)
        {
            return;
        }

        try
        {
            await call.Request.Gate.LeaveAsync(new CallReport
            {
                PermitId = 0,
                OperationId = call.Request.Operation.Id,
                Outcome = "succeeded",
                IsFailure = false,
                Duration = TimeSpan.Zero,
                Shape = shape,
            });
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // A sample that is lost is taken another time.
        }
    }

    private static ActionOutcome Incomprehensible(ConnectorCall call)
    {
        var name = call.Request.Target.Template.Name;
        return call.IsWrite
            ? new ActionUnknown($"{name} reported success in a form that is not understood.")
            : new ActionFailed(FailureCodes.BadResponse, $"{name} answered in a form that is not understood; check the connector's address.", IsRetryable: false);
    }

    private static JsonElement? Read(ConnectorCall call, Func<JsonElement?> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException)
        {
            // A text in the answer holds half of a surrogate pair.
            return null;
        }
    }

    private async Task<ActionOutcome> ListAsync(ConnectorCall call, OutgoingRequest first)
    {
        var operation = call.Request.Operation;
        var paging = call.Operation.Pagination ?? new PaginationSpec { Kind = PaginationKind.None };
        var path = operation.Output.Path ?? paging.Items;
        var most = call.Operation.HasLimit && call.Arguments.TryGetProperty("limit", out var limit) && limit.TryGetInt32(out var wanted) ? Math.Max(1, wanted) : int.MaxValue;
        var pager = new Pager(paging, first, most);
        var pages = new List<JsonElement>();
        var (count, bytes) = (0, 0);
        for (OutgoingRequest? request = pager.First; request is not null;)
        {
            var exchange = await send(call, request);
            if (exchange.Failure is { } failure)
            {
                return failure;
            }

            var reply = exchange.Reply!;
            if (Read(call, () => ResultReader.ReadPage(path, reply)) is not { } page)
            {
                return Incomprehensible(call);
            }

            pages.Add(page);
            count += page.GetArrayLength();
            bytes += reply.Length;
            request = pager.Next(reply, page.GetArrayLength());
            if (request is not null && (count >= most || pages.Count >= Math.Max(1, paging.MaxPages) || bytes >= MaxBytes))
            {
                return Listed(call, pages, most, truncated: true);
            }
        }

        return Listed(call, pages, most, truncated: count > most);
    }

    private static ActionOutcome Listed(ConnectorCall call, List<JsonElement> pages, int most, bool truncated) =>
        Read(call, () => ResultReader.List(call, pages, truncated, most)) is { } result ? new ActionSucceeded(result) : Incomprehensible(call);

    /// <summary>Makes the request for each page out of the first one and the last answer.</summary>
    private sealed class Pager(PaginationSpec paging, OutgoingRequest first, int most)
    {
        private readonly int _size = Math.Max(1, Math.Min(paging.PageSize, most));
        private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
        private int _page = paging.FirstPage;
        private int _offset;

        public OutgoingRequest First { get; } = paging.Kind == PaginationKind.None ? first : Start(paging, first, Math.Max(1, Math.Min(paging.PageSize, most)));

        /// <summary>The request for the page after an answer; null when that was the last one.</summary>
        public OutgoingRequest? Next(VendorReply reply, int items)
        {
            switch (paging.Kind)
            {
                case PaginationKind.Link:
                    return LinkHeader.Next(reply.Headers("Link")) is { } link ? ByAddress(link.AbsoluteUri) : null;
                case PaginationKind.NextUrl:
                    return Text(reply, paging.NextPath) is { Length: > 0 } address ? ByAddress(address) : null;
                case PaginationKind.Cursor:
                    return More(reply) != false && Text(reply, paging.NextPath) is { Length: > 0 } cursor && _seen.Add(cursor) ? With(First, paging.Parameter, cursor) : null;
                case PaginationKind.Offset:
                    _offset += items;
                    return HasMore(reply, items, _offset) ? With(First, paging.Parameter, _offset) : null;
                case PaginationKind.Page:
                    _offset += items;
                    return HasMore(reply, items, _offset) ? With(First, paging.Parameter, ++_page) : null;
                default:
                    return null;
            }
        }

        private static OutgoingRequest Start(PaginationSpec paging, OutgoingRequest first, int size)
        {
            var request = paging.SizeParameter is { } parameter && !first.Query.Any(item => item.Name == parameter) ? Put(paging, first, parameter, size) : first;
            return paging is { Kind: PaginationKind.Page, Parameter: { } page } ? Put(paging, request, page, paging.FirstPage)
                : paging is { Kind: PaginationKind.Offset, Parameter: { } offset } ? Put(paging, request, offset, 0)
                : request;
        }

        private OutgoingRequest? With(OutgoingRequest request, string? parameter, JsonNode value) => parameter is null ? null : Put(paging, request, parameter, value);

        private static OutgoingRequest Put(PaginationSpec paging, OutgoingRequest request, string parameter, JsonNode value)
        {
            if (!paging.InBody)
            {
                return request with { Query = [.. request.Query.Where(item => item.Name != parameter), (parameter, value.ToString())] };
            }

            if (request.ContentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) == true)
            {
                var key = Uri.EscapeDataString(parameter) + "=";
                var kept = Encoding.ASCII.GetString(request.Body!.Value.Span).Split('&', StringSplitOptions.RemoveEmptyEntries).Where(pair => !pair.StartsWith(key, StringComparison.Ordinal));
                return request with { Body = Encoding.ASCII.GetBytes(string.Join('&', kept.Append(key + Uri.EscapeDataString(value.ToString())))) };
            }

            var body = request.Body is { IsEmpty: false } bytes ? JsonNode.Parse(bytes.Span)!.AsObject() : [];
            // A dotted parameter is a member of a member, such as GraphQL's `variables.after`.
            var at = body;
            var parts = ValuePath.Split(parameter);
            foreach (var part in parts.SkipLast(1))
            {
                if (at[part] is not JsonObject inner)
                {
                    at[part] = inner = [];
                }

                at = inner;
            }

            at[parts[^1]] = value.DeepClone();
            return request with { Body = JsonSerializer.SerializeToUtf8Bytes(body), ContentType = request.ContentType ?? "application/json" };
        }

        private static string? Text(VendorReply reply, string? path) =>
            path is null || reply.Json.ValueKind == JsonValueKind.Undefined ? null : ValuePath.Find(reply.Json, path).AsText();

        // True, false or unsaid; a number is how many there are in all.
        private bool? More(VendorReply reply) => paging.MorePath is not { } path || reply.Json.ValueKind == JsonValueKind.Undefined ? null : ValuePath.Find(reply.Json, path) switch
        {
            { ValueKind: JsonValueKind.True } => true,
            { ValueKind: JsonValueKind.False } => false,
            { ValueKind: JsonValueKind.Number } total when total.TryGetInt64(out var all) => all > _offset,
            { ValueKind: JsonValueKind.String } text => string.Equals(text.GetString(), "true", StringComparison.OrdinalIgnoreCase),
            _ => null,
        };

        private bool HasMore(VendorReply reply, int items, int read) => items > 0 && read > 0 && (More(reply) ?? (paging.SizeParameter is null || items >= SizeAsked()));

        private int SizeAsked() => paging.SizeParameter is { } parameter && First.Query.FirstOrDefault(item => item.Name == parameter).Value is { } text &&
            int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var size) ? size : _size;

        // The system's own address for the next page, taken as it is; where it leads is checked when it is sent.
        private OutgoingRequest? ByAddress(string address)
        {
            if (!_seen.Add(address))
            {
                return null;
            }

            return Uri.TryCreate(address, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? First with { Address = url }
                : address.StartsWith('/') && !address.StartsWith("//", StringComparison.Ordinal) ? First with { Path = address, Query = [], IsRooted = true }
                : address.StartsWith('?') ? First with { Query = [], Path = (First.Path ?? "/").Split('?')[0] + address }
                : null;
        }
    }
}
