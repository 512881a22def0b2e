using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Salesforce;

/// <summary>Salesforce's REST API, signed in with the client credentials flow of a connected app.</summary>
internal sealed partial class SalesforceConnector : VendorConnector
{
    private const string CaseSelect =
        "SELECT Id, CaseNumber, Subject, Description, Status, Priority, Origin, IsClosed, CreatedDate, LastModifiedDate, Account.Name, Owner.Name FROM Case";

    private const string CaseResult = "caseNumber, id, subject, description, status, priority, origin, isClosed, account, owner, createdAt, updatedAt, url";

    private readonly SalesforceOptions _options;
    private readonly OAuthTokens _tokens;

    public SalesforceConnector(SalesforceOptions options, IHttpClientFactory clients, TimeProvider time)
        : base("salesforce", "Salesforce", options.BaseUrl!, clients, time)
    {
        _options = options;
        _tokens = new OAuthTokens(time, FetchTokenAsync);
        var limit = ArgumentField.Number("limit", "How many at most.", 1, 200, 20);
        Operations =
        [
            new("salesforce.accounts.find", OperationEffect.Read,
                "Finds accounts whose name contains a text. Result: items, each with id, name, industry, type, website, phone, city, owner, url; truncated.",
                new ArgumentSchema(ArgumentField.Text("name", "A part of the account's name.").Required(), limit), FindAccountsAsync),
            new("salesforce.cases.get", OperationEffect.Read, $"Reads one case. Result: {CaseResult}.",
                new ArgumentSchema(ArgumentField.Text("caseNumber", "The case's number, such as 00001042.", 30).Required()), GetCaseAsync),
            new("salesforce.cases.find", OperationEffect.Read, $"Finds cases, the newest first. Result: items, each with {CaseResult}; truncated.",
                new ArgumentSchema(
                    ArgumentField.Text("accountName", "Only those of accounts whose name contains this."),
                    ArgumentField.Text("text", "Only those whose subject contains this."),
                    ArgumentField.Flag("isClosed", "Only closed (true) or only open (false) ones."),
                    limit),
                FindCasesAsync),
            new("salesforce.cases.create", OperationEffect.Write, "Creates a case. Result: id, caseNumber (null if it could not be read), subject, url.",
                new ArgumentSchema(
                    ArgumentField.Text("subject", "One line that says what it is about.", 255).Required(),
                    ArgumentField.Multiline("description", "The description.").Required(),
                    ArgumentField.Choice("priority", "How urgent it is.", "High", "Medium", "Low").Required(),
                    ArgumentField.Text("accountName", "The exact name of the account that it is about.")),
                CreateCaseAsync) { Reconcile = ReconcileCreateAsync, IsIdempotent = true },
            new("salesforce.opportunities.find", OperationEffect.Read,
                "Finds the opportunities of accounts whose name contains a text. Result: items, each with id, name, stage, amount, closeDate, isClosed, isWon, account, owner, url; truncated.",
                new ArgumentSchema(ArgumentField.Text("accountName", "A part of the account's name.").Required(), limit), FindOpportunitiesAsync),
        ];
    }

    public override IReadOnlyList<OperationSpec> Operations { get; }

    public override IReadOnlyList<string> Redact { get; } = ["description", "email"];

    protected override IEnumerable<SecretText?> Secrets => [_options.ClientSecret, _tokens.Current?.Token];

    protected override async ValueTask<AuthenticationHeaderValue> AuthorizeAsync(OperationCall call) =>
        new("Bearer", (await _tokens.GetAsync(call)).Token.Reveal());

    protected override bool TryRenewCredentials(AuthenticationHeaderValue refused, VendorReply reply)
    {
        // 401 INVALID_SESSION_ID: the session ended before its time.
        _tokens.Forget(refused.Parameter!);
        return true;
    }

    /// <summary>The login may answer with the address of the instance; it has to be the configured host or one of Salesforce's own.</summary>
    protected override bool IsOurs(Uri url) =>
        base.IsOurs(url) ||
        (url.Scheme == Uri.UriSchemeHttps && url.IsDefaultPort && url.UserInfo.Length == 0 && BaseUrl.Host.EndsWith(".salesforce.com", StringComparison.OrdinalIgnoreCase) &&
         url.Host.EndsWith(".salesforce.com", StringComparison.OrdinalIgnoreCase));

    protected override VendorError? ReadError(VendorReply reply)
    {
        if (reply.Json.ValueKind != JsonValueKind.Array || reply.Json.GetArrayLength() == 0)
        {
            return null;
        }

        var error = reply.Json[0];
        var message = error.Text("message");
        var field = error.Member("fields").Items().Select(name => ((JsonElement?)name).AsText()).FirstOrDefault() switch
        {
            "Subject" => "subject",
            "Description" => "description",
            "Priority" => "priority",
            "AccountId" => "accountName",
            _ => null,
        };
        return error.Text("errorCode") switch
        {
            // The pool is counted over rolling 24 hours: there is no time to wait that could be named.
            "REQUEST_LIMIT_EXCEEDED" => new VendorError(message, FailureCodes.RateLimited),
            "INVALID_SESSION_ID" => new VendorError($"{message} Check the connected app that is configured for Salesforce.", FailureCodes.Unauthenticated),
            "UNABLE_TO_LOCK_ROW" => new VendorError(message, FailureCodes.Conflict, IsRetryable: true),
            "INSUFFICIENT_ACCESS" or "INSUFFICIENT_ACCESS_OR_READONLY" or "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY" or "API_DISABLED_FOR_ORG" =>
                new VendorError(message, FailureCodes.Forbidden),
            "REQUIRED_FIELD_MISSING" or "STRING_TOO_LONG" or "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST" when field is not null =>
                new VendorError(message, FailureCodes.InvalidArgument, Field: field),
            "INVALID_FIELD" or "NOT_FOUND" when message?.Contains(_options.ExternalIdField, StringComparison.OrdinalIgnoreCase) == true =>
                new VendorError($"Case has no field {_options.ExternalIdField}. Create it as a unique external id of type text, so that no case is created twice.", FailureCodes.NotConfigured),
            _ => new VendorError(message, Field: field),
        };
    }

    private static string? Timestamp(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)
            : null;

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private RequestPath Data(params ReadOnlySpan<string> segments)
    {
        var path = new RequestPath("services", "data", _options.ApiVersion);
        foreach (var segment in segments)
        {
            path.Segment(segment);
        }

        return path;
    }

    /// <summary>Where the data is, which the login says.</summary>
    private async ValueTask<Uri> InstanceAsync(OperationCall call) => call.Transport is null && (await _tokens.GetAsync(call)).Instance is { } instance
        ? IsOurs(instance) ? instance : throw OutcomeException.Failed(FailureCodes.BadResponse, "Salesforce pointed to another host, which is not followed; check the BaseUrl.")
        : BaseUrl;

    private string? UrlOf(string? id) => id is null ? null : $"{BaseUrl.GetLeftPart(UriPartial.Authority)}/{Uri.EscapeDataString(id)}";

    private JsonObject FlatCase(JsonElement record) => new()
    {
        ["caseNumber"] = record.Text("CaseNumber"),
        ["id"] = record.Text("Id"),
        ["subject"] = record.Text("Subject"),
        ["description"] = record.Text("Description"),
        ["status"] = record.Text("Status"),
        ["priority"] = record.Text("Priority"),
        ["origin"] = record.Text("Origin"),
        ["isClosed"] = record.Flag("IsClosed"),
        ["account"] = record.Member("Account").Text("Name"),
        ["owner"] = record.Member("Owner").Text("Name"),
        ["createdAt"] = Timestamp(record.Text("CreatedDate")),
        ["updatedAt"] = Timestamp(record.Text("LastModifiedDate")),
        ["url"] = UrlOf(record.Text("Id")),
    };

    private async Task<(List<JsonElement> Records, bool IsTruncated)> QueryAsync(OperationCall call, string soql, int limit)
    {
        var instance = await InstanceAsync(call);
        List<JsonElement> records = [];
        // One more than asked for says whether there are more.
        for (var url = Data("query").Query("q", $"{soql} LIMIT {Number(limit + 1)}").Below(instance); ;)
        {
            var reply = await ExchangeAsync(call, HttpMethod.Get, url, null, isWrite: false);
            if (reply.Json.Member("records") is not { ValueKind: JsonValueKind.Array } page)
            {
                throw Incomprehensible(isWrite: false);
            }

            records.AddRange(page.EnumerateArray());
            var next = reply.Json.Flag("done") == true ? null : reply.Json.Text("nextRecordsUrl");
            if (next is null || records.Count > limit)
            {
                return (records.Count > limit ? records[..limit] : records, records.Count > limit);
            }

            if (!NextRecords().IsMatch(next) || page.GetArrayLength() == 0)
            {
                throw Incomprehensible(isWrite: false);
            }

            url = new Uri(instance.GetLeftPart(UriPartial.Authority) + next);
        }
    }

    private async Task<JsonObject> FindAccountsAsync(OperationCall call)
    {
        var (records, isTruncated) = await QueryAsync(
            call,
            $"SELECT Id, Name, Industry, Type, Website, Phone, BillingCity, Owner.Name FROM Account WHERE Name LIKE {Soql.Contains(call.Arguments.Text("name"))} ORDER BY Name",
            call.Arguments.Number("limit"));
        return new JsonObject
        {
            ["items"] = new JsonArray([.. records.Select(record => new JsonObject
            {
                ["id"] = record.Text("Id"),
                ["name"] = record.Text("Name"),
                ["industry"] = record.Text("Industry"),
                ["type"] = record.Text("Type"),
                ["website"] = record.Text("Website"),
                ["phone"] = record.Text("Phone"),
                ["city"] = record.Text("BillingCity"),
                ["owner"] = record.Member("Owner").Text("Name"),
                ["url"] = UrlOf(record.Text("Id")),
            })]),
            ["truncated"] = isTruncated,
        };
    }

    private async Task<JsonObject> GetCaseAsync(OperationCall call)
    {
        var number = call.Arguments.Text("caseNumber");
        var (records, _) = await QueryAsync(call, $"{CaseSelect} WHERE CaseNumber = {Soql.Quote(number)}", 1);
        return records.Count == 1 ? FlatCase(records[0]) : throw OutcomeException.Failed(FailureCodes.NotFound, $"Salesforce has no case {number}.");
    }

    private async Task<JsonObject> FindCasesAsync(OperationCall call)
    {
        List<string> conditions = [];
        if (call.Arguments.OptionalText("accountName") is { } account)
        {
            conditions.Add($"Account.Name LIKE {Soql.Contains(account)}");
        }

        if (call.Arguments.OptionalText("text") is { } text)
        {
            conditions.Add($"Subject LIKE {Soql.Contains(text)}");
        }

        if (call.Arguments.OptionalFlag("isClosed") is { } isClosed)
        {
            conditions.Add(isClosed ? "IsClosed = true" : "IsClosed = false");
        }

        var where = conditions.Count == 0 ? "" : $" WHERE {string.Join(" AND ", conditions)}";
        var (records, isTruncated) = await QueryAsync(call, $"{CaseSelect}{where} ORDER BY CreatedDate DESC", call.Arguments.Number("limit"));
        return new JsonObject { ["items"] = new JsonArray([.. records.Select(FlatCase)]), ["truncated"] = isTruncated };
    }

    private async Task<JsonObject> FindOpportunitiesAsync(OperationCall call)
    {
        var (records, isTruncated) = await QueryAsync(
            call,
            "SELECT Id, Name, StageName, Amount, CloseDate, IsClosed, IsWon, Account.Name, Owner.Name FROM Opportunity " +
            $"WHERE Account.Name LIKE {Soql.Contains(call.Arguments.Text("accountName"))} ORDER BY CloseDate DESC",
            call.Arguments.Number("limit"));
        return new JsonObject
        {
            ["items"] = new JsonArray([.. records.Select(record => new JsonObject
            {
                ["id"] = record.Text("Id"),
                ["name"] = record.Text("Name"),
                ["stage"] = record.Text("StageName"),
                ["amount"] = record.Member("Amount") is { ValueKind: JsonValueKind.Number } amount && amount.TryGetDecimal(out var value) ? value : null,
                ["closeDate"] = record.Text("CloseDate"),
                ["isClosed"] = record.Flag("IsClosed"),
                ["isWon"] = record.Flag("IsWon"),
                ["account"] = record.Member("Account").Text("Name"),
                ["owner"] = record.Member("Owner").Text("Name"),
                ["url"] = UrlOf(record.Text("Id")),
            })]),
            ["truncated"] = isTruncated,
        };
    }

    private async Task<JsonObject> CreateCaseAsync(OperationCall call)
    {
        var arguments = call.Arguments;
        var body = new JsonObject
        {
            ["Subject"] = arguments.Text("subject"),
            ["Description"] = arguments.Text("description"),
            ["Priority"] = arguments.Text("priority"),
            ["Origin"] = "Web",
        };
        if (arguments.OptionalText("accountName") is { } account)
        {
            var (accounts, more) = await QueryAsync(call, $"SELECT Id FROM Account WHERE Name = {Soql.Quote(account)}", 1);
            body["AccountId"] = accounts.Count == 1 && !more
                ? accounts[0].Text("Id")
                : throw OutcomeException.Invalid("accountName", accounts.Count == 0 ? "there is no account of exactly this name in Salesforce." : "several accounts in Salesforce have this name.");
        }

        // An upsert by our own id: sent again, it finds the case that it made.
        var url = Data("sobjects", "Case", _options.ExternalIdField).Segment(call.Marker).Below(await InstanceAsync(call));
        var reply = await ExchangeAsync(call, HttpMethod.Patch, url, JsonSerializer.SerializeToUtf8Bytes(body), isWrite: true);
        var id = reply.Json.Text("id");
        if (reply.Status != 204 && id is null)
        {
            throw Incomprehensible(isWrite: true);
        }

        try
        {
            if (await FindCreatedAsync(call) is { } created)
            {
                return created;
            }
        }
        catch (OutcomeException)
        {
            // The case exists; that its number cannot be read now does not change that.
        }
        catch (OperationCanceledException)
        {
            // The same: the caller no longer waits for the number, but the case was made.
        }

        return CreateResult(id, null, arguments.Text("subject"));
    }

    private JsonObject CreateResult(string? id, string? caseNumber, string? subject) =>
        new() { ["id"] = id, ["caseNumber"] = caseNumber, ["subject"] = subject, ["url"] = UrlOf(id) };

    private async Task<JsonObject?> FindCreatedAsync(OperationCall call)
    {
        var (records, _) = await QueryAsync(call, $"SELECT Id, CaseNumber, Subject FROM Case WHERE {_options.ExternalIdField} = {Soql.Quote(call.Marker)}", 1);
        return records.Count == 0 ? null : CreateResult(records[0].Text("Id"), records[0].Text("CaseNumber"), records[0].Text("Subject"));
    }

    private async Task<ReconcileOutcome> ReconcileCreateAsync(OperationCall call, DateTimeOffset sentAt) => await FindCreatedAsync(call) is { } created
        ? new ReconciledDone(JsonSerializer.SerializeToElement(created))
        : new ReconciledNotDone();

    private async Task<AccessToken> FetchTokenAsync(OperationCall call)
    {
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = _options.ClientId!,
            ["client_secret"] = _options.ClientSecret!.Reveal(),
        };
        return await OAuthExchange.SendAsync(form, async body =>
            await SendAsync(call, HttpMethod.Post, new RequestPath("services", "oauth2", "token").Below(BaseUrl), body, "application/x-www-form-urlencoded", null, isWrite: false),
            ReadError, Product, Time);
    }

    [GeneratedRegex(@"\A/services/data/v[0-9]{1,3}\.[0-9]/query/[A-Za-z0-9_-]{1,200}\z", RegexOptions.CultureInvariant)]
    private static partial Regex NextRecords();
}
