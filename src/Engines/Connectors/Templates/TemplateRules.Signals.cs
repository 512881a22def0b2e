using System.Text.Json;

namespace Steward.Engines.Connectors.Templates;

/// <content>What answers mean, limits, and what systems tell by themselves.</content>
public static partial class TemplateRules
{
    private static void CheckSignals(ConnectorTemplate template, Faults faults)
    {
        foreach (var (signal, at) in template.ExpiredWhen.Select((signal, at) => (signal, at)))
        {
            CheckSignal(signal, $"/expiredWhen/{at}", faults);
        }

        foreach (var (signal, at) in template.Errors.InSuccess.Select((signal, at) => (signal, at)))
        {
            CheckSignal(signal, $"/errors/inSuccess/{at}", faults);
        }

        foreach (var (path, at) in template.Errors.MessagePaths.Select((path, at) => (path, at)))
        {
            CheckPath(path, $"/errors/messagePaths/{at}", faults);
        }

        foreach (var (code, at) in template.Errors.Codes.Select((code, at) => (code, at)))
        {
            CheckSignal(code.When, $"/errors/codes/{at}/when", faults);
            faults.When(!ErrorCodes.Contains(code.Code), $"/errors/codes/{at}/code", $"must be one of {string.Join(", ", ErrorCodes)}.");
        }
    }

    private static void CheckSignal(ReplySignal signal, string path, Faults faults)
    {
        faults.When(signal is { Status: null, BodyPath: null, EqualTo: null, Matches: null }, path, "must say a status, a bodyPath, or what the body matches.");
        faults.When(signal.Status is < 100 or > 599, $"{path}/status", "must be between 100 and 599.");
        faults.When(signal.EqualTo is not null && signal.BodyPath is null, $"{path}/bodyPath", "is needed with equalTo.");
        CheckPath(signal.BodyPath, $"{path}/bodyPath", faults);
        CheckPattern(signal.Matches, $"{path}/matches", faults);
    }

    private static void CheckPath(string? value, string path, Faults faults) =>
        faults.When(value is not null && ValuePath.Split(value) is var parts && (parts.Count == 0 || parts.Any(part => part.Length == 0)), path, "must be a path such as error.message.");

    private static void CheckLimits(ConnectorTemplate template, Faults faults)
    {
        foreach (var (limit, at) in template.Limits.Select((limit, at) => (limit, at)))
        {
            var path = $"/limits/{at}";
            faults.When(limit.Window <= TimeSpan.Zero || limit.Window > TimeSpan.FromDays(31), $"{path}/window", "must be longer than zero and at most 31d.");
            faults.When(limit.Max < 1, $"{path}/max", "must be at least 1.");
            faults.When(limit.MaxConcurrent < 1, $"{path}/maxConcurrent", "must be at least 1.");
            faults.When((limit.Scope == LimitScope.Resource) != limit.Resource is not null, $"{path}/resource", "is needed for scope: resource, and only for it.");
            foreach (var (id, number) in limit.Operations.Select((id, number) => (id, number)))
            {
                Find(template, id, $"{path}/operations/{number}", faults);
            }

            if (limit.Resource is { } resource)
            {
                // An operation that lacks the argument does not touch the resource.
                HashSet<string> known = [.. template.Operations.Where(operation => limit.Operations.Count == 0 || limit.Operations.Contains(operation.Id)).SelectMany(operation => InputSchema.Arguments(operation).Keys)];
                faults.When(!TemplateText.Parse(resource).Placeholders.Any(), $"{path}/resource", "must name an argument, such as {issue}.");
                faults.Placeholders(resource, $"{path}/resource", known);
            }

            foreach (var (name, header) in Headers(limit.Headers))
            {
                faults.When(header is not null && !HeaderName().IsMatch(header), $"{path}/headers/{name}", "must be a header's name.");
            }
        }

        var retry = template.Retry;
        faults.When(retry.MaxAttempts is < 1 or > 4, "/retry/maxAttempts", "must be between 1 and 4.");
        faults.When(retry.Statuses.Any(status => status is < 400 or > 599), "/retry/statuses", "must be between 400 and 599.");
        faults.When(retry.BaseDelay <= TimeSpan.Zero || retry.BaseDelay > retry.MaxDelay, "/retry/baseDelay", "must be longer than zero and at most maxDelay.");
        faults.When(retry.MaxDelay > TimeSpan.FromMinutes(1), "/retry/maxDelay", "must be at most 1m.");
        faults.When(retry.MaxInlineWait < TimeSpan.Zero || retry.MaxInlineWait > TimeSpan.FromSeconds(30), "/retry/maxInlineWait", "must be at most 30s.");
        CheckPath(retry.RetryAfterPath, "/retry/retryAfterPath", faults);
        var breaker = template.Breaker;
        faults.When(breaker.ConsecutiveFailures is < 1 or > 100, "/breaker/consecutiveFailures", "must be between 1 and 100.");
        faults.When(!(breaker.FailureRatio is > 0 and <= 1), "/breaker/failureRatio", "must be more than 0 and at most 1.");
        faults.When(breaker.MinimumThroughput is < 1 or > 10_000, "/breaker/minimumThroughput", "must be between 1 and 10000.");
        faults.When(breaker.Sampling < TimeSpan.FromSeconds(1) || breaker.Sampling > TimeSpan.FromHours(1), "/breaker/sampling", "must be between 1s and 1h.");
        faults.When(breaker.Open < TimeSpan.FromSeconds(1) || breaker.Open > TimeSpan.FromHours(1), "/breaker/open", "must be between 1s and 1h.");
        faults.When(breaker.Probes is < 1 or > 20, "/breaker/probes", "must be between 1 and 20.");
    }

    private static IEnumerable<(string Name, string? Header)> Headers(LimitHeaders? headers) => headers is null
        ? []
        : [("limit", headers.Limit), ("remaining", headers.Remaining), ("reset", headers.Reset), ("reason", headers.Reason), ("usage", headers.Usage)];

    private static void CheckWebhooks(ConnectorTemplate template, Faults faults)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (webhook, at) in template.Webhooks.Select((webhook, at) => (webhook, at)))
        {
            var path = $"/webhooks/{at}";
            faults.When(!OperationId().IsMatch(webhook.Id), $"{path}/id", "must be lower-case letters, digits and underscores.");
            faults.When(!ids.Add(webhook.Id), $"{path}/id", $"the webhook '{webhook.Id}' appears twice.");
            faults.When(webhook.SuccessStatus is < 200 or > 299, $"{path}/successStatus", "must be between 200 and 299.");
            faults.When(webhook.ReplyWithin <= TimeSpan.Zero || webhook.ReplyWithin > TimeSpan.FromMinutes(1), $"{path}/replyWithin", "must be longer than zero and at most 1m.");
            CheckPath(webhook.Items, $"{path}/items", faults);
            CheckPath(webhook.EventTypePath, $"{path}/eventTypePath", faults);
            foreach (var place in webhook.EventIdPath?.Split(',', StringSplitOptions.TrimEntries) ?? [])
            {
                CheckPath(place, $"{path}/eventIdPath", faults);
            }

            faults.When(webhook.Routes.Count > 50, $"{path}/routes", "must have at most 50 rules.");
            foreach (var (route, number) in webhook.Routes.Select((route, number) => (route, number)))
            {
                CheckRoute(webhook, route, $"{path}/routes/{number}", faults);
            }

            CheckProof(template, webhook.Verification, $"{path}/verification", faults);
            foreach (var (challenge, number) in webhook.Challenges.Select((challenge, number) => (challenge, number)))
            {
                CheckChallenge(webhook, challenge, $"{path}/challenges/{number}", faults);
            }
        }
    }

    private static void CheckRoute(WebhookTemplate webhook, HookRouteSpec route, string path, Faults faults)
    {
        faults.When(!Slug().IsMatch(route.To) || route.To.Length > 40, $"{path}/to", "must be up to 40 lower-case letters, digits and hyphens.");
        faults.When(route.Types.Count == 0 && route.BodyPath is null, path, "needs types or bodyPath: a rule that always holds says nothing.");
        faults.When(route.Types.Count > 0 && webhook.EventTypeHeader is null && webhook.EventTypePath is null, $"{path}/types", "needs an eventTypeHeader or eventTypePath: nothing says the type.");
        faults.When(route.Types.Any(type => type.Length is 0 or > 200 || type.IndexOf('*', StringComparison.Ordinal) is var star && star >= 0 && star < type.Length - 1), $"{path}/types", "must be names of types; a * may only stand at the end.");
        faults.When(route.EqualTo is not null && route.BodyPath is null, $"{path}/equalTo", "needs a bodyPath.");
        CheckPath(route.BodyPath, $"{path}/bodyPath", faults);
    }

    private static void CheckProof(ConnectorTemplate template, WebhookVerification proof, string path, Faults faults)
    {
        faults.When(
            proof.Kind is WebhookVerificationKind.Hmac or WebhookVerificationKind.Header && (proof.Header is null || !HeaderName().IsMatch(proof.Header)), $"{path}/header",
            "must be the name of the header with the signature or value.");
        faults.When(proof.Kind == WebhookVerificationKind.ClientState && string.IsNullOrEmpty(proof.Path), $"{path}/path", "must say where the shared value stands.");
        faults.When(proof.Kind == WebhookVerificationKind.Jwt && (proof.Issuer is null || proof.Audience is null || proof.JwksUrl is null), path, "needs issuer, audience and jwksUrl.");
        faults.When(proof.JwksUrl is { } keys && (!keys.IsAbsoluteUri || keys.Scheme != Uri.UriSchemeHttps), $"{path}/jwksUrl", "must be an https address.");
        faults.When(proof.Tolerance <= TimeSpan.Zero || proof.Tolerance > TimeSpan.FromHours(1), $"{path}/tolerance", "must be longer than zero and at most 1h.");
        faults.Placeholders(proof.Audience ?? "", $"{path}/audience", AddressValues(template).Append("baseUrl").Concat(template.Auth.SelectMany(auth => auth.Fields).Where(field => !field.Secret).Select(field => field.Name)).ToHashSet(StringComparer.Ordinal));
        if (proof.Kind != WebhookVerificationKind.Hmac)
        {
            return;
        }

        faults.When(proof.Algorithm is not ("sha1" or "sha256" or "sha512"), $"{path}/algorithm", "must be sha1, sha256 or sha512.");
        faults.Placeholders(proof.Payload, $"{path}/payload", ["body", "timestamp", "id", "url", "method"]);
        var used = TemplateText.Parse(proof.Payload).Placeholders.Select(placeholder => placeholder.Name).ToHashSet(StringComparer.Ordinal);
        faults.When(!used.Contains("body"), $"{path}/payload", "must hold {body}: what is not signed could be changed.");
        faults.When(used.Contains("timestamp") != proof.TimestampHeader is not null, $"{path}/timestampHeader", "is needed with {timestamp} in payload, and only then: an unsigned time proves nothing.");
        faults.When(used.Contains("id") && proof.IdHeader is null, $"{path}/idHeader", "is needed with {id} in payload.");
    }

    private static void CheckChallenge(WebhookTemplate webhook, ChallengeSpec challenge, string path, Faults faults)
    {
        faults.When(challenge.Method is not ("GET" or "POST"), $"{path}/method", "must be GET or POST.");
        faults.When(
            new[] { challenge.Query, challenge.Header, challenge.BodyPath }.Count(source => source is not null) != 1, path,
            "must name exactly one of query, header and bodyPath, where the value that is echoed stands.");
        faults.When(challenge.Method == "GET" && challenge.BodyPath is not null, $"{path}/bodyPath", "GET has no body.");
        faults.When(challenge.HashMember is not null && (challenge.AnswerMember is null || webhook.Verification.Kind != WebhookVerificationKind.Hmac), $"{path}/hashMember", "needs an answerMember and verification by hmac.");
        faults.When(challenge.HashMember is not null && !challenge.Verified, $"{path}/verified", "must be true with hashMember: otherwise strangers could have texts of their choice signed, whole events among them.");
        if (challenge.When is { } signal)
        {
            CheckSignal(signal, $"{path}/when", faults);
        }
    }
}
