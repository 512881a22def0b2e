using System.Text.Json;
using Steward.Engines.Connectors;
using Steward.Engines.Connectors.Sdk;

namespace AcmeLedger;

/// <summary>What data cannot say about Acme Ledger. One object serves all tenants at the same time, so it keeps nothing.</summary>
public sealed class AcmeLedgerConnector : TypedConnector
{
    private const int MaxPages = 50;

    /// <inheritdoc/>
    public override string Name => "acme-ledger";

    /// <inheritdoc/>
    public override async Task<JsonElement> ExecuteAsync(TypedCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return call.OperationId switch
        {
            "accounts.balance" => await BalanceAsync(call),
            "entries.post" => await PostAsync(call),
            _ => throw new TypedConnectorException(new ActionFailed("not_configured", $"'{call.OperationId}' is not known here.", IsRetryable: false)),
        };
    }

    /// <inheritdoc/>
    public override async Task<ReconcileOutcome> ReconcileAsync(TypedCall call, DateTimeOffset sentAt)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (call.OperationId != "entries.post")
        {
            return await base.ReconcileAsync(call, sentAt);
        }

        // The marker is the same for every attempt at the same effect.
        var batches = (await call.SendAsync(new TypedRequest { Method = HttpMethod.Get, Path = "/v1/batches", Query = [("marker", call.Marker)] })).Json.GetProperty("batches");
        var booked = batches.EnumerateArray().FirstOrDefault(batch => batch.GetProperty("state").GetString() == "booked");
        return booked.ValueKind == JsonValueKind.Object ? new ReconciledDone(Booked(booked.GetProperty("id").GetString()!, call.Marker)) : new ReconciledNotDone();
    }

    private static async Task<JsonElement> BalanceAsync(TypedCall call)
    {
        var account = call.Arguments.GetProperty("accountId").GetString()!;
        var (balance, entries, after) = (0m, 0, "");
        for (var page = 0; page < MaxPages; page++)
        {
            var reply = await call.SendAsync(new TypedRequest
            {
                Method = HttpMethod.Get,
                Path = $"/v1/accounts/{Uri.EscapeDataString(account)}/entries",
                Query = after.Length == 0 ? [] : [("after", after)],
            });
            foreach (var entry in reply.Json.GetProperty("entries").EnumerateArray())
            {
                balance += entry.GetProperty("amount").GetDecimal();
                entries++;
            }

            if (!reply.Json.TryGetProperty("next", out var next) || next.GetString() is not { Length: > 0 } cursor)
            {
                return JsonSerializer.SerializeToElement(new { accountId = account, balance, entries });
            }

            after = cursor;
        }

        throw new TypedConnectorException(new ActionFailed("rejected", $"The account has more than {MaxPages} pages of entries.", IsRetryable: false));
    }

    private static async Task<JsonElement> PostAsync(TypedCall call)
    {
        // A draft has no effect yet; booking it is the one request that has.
        var draft = (await call.SendAsync(new TypedRequest
        {
            Method = HttpMethod.Post,
            Path = "/v1/batches",
            Body = JsonSerializer.SerializeToElement(new { marker = call.Marker, accountId = call.Arguments.GetProperty("accountId"), amount = call.Arguments.GetProperty("amount") }),
        })).Json.GetProperty("id").GetString()!;
        await call.SendAsync(new TypedRequest { Method = HttpMethod.Post, Path = $"/v1/batches/{Uri.EscapeDataString(draft)}/book" });
        return Booked(draft, call.Marker);
    }

    private static JsonElement Booked(string batchId, string marker) => JsonSerializer.SerializeToElement(new { batchId, marker });
}
