using System.Text.Json;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Pipeline.Requests;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Pipeline.Replies;

/// <summary>Says what an answer means, as the template does.</summary>
internal sealed class ErrorReader(ConnectorTemplate template)
{
    private const int MaxMessage = 300;

    private readonly CompiledSignal[] _expired = [.. template.ExpiredWhen.Select(signal => new CompiledSignal(signal))];
    private readonly CompiledSignal[] _inSuccess = [.. template.Errors.InSuccess.Select(signal => new CompiledSignal(signal))];
    private readonly (CompiledSignal When, ErrorCodeSpec Spec)[] _codes = [.. template.Errors.Codes.Select(code => (new CompiledSignal(code.When), code))];

    /// <summary>The exchange of an answer.</summary>
    public Exchange Read(ConnectorCall call, VendorReply reply, DateTimeOffset now)
    {
        if (Array.Exists(_expired, signal => signal.IsShownBy(reply)))
        {
            var refused = Failed(FailureCodes.Unauthenticated, $"{Words(call, reply)} The credentials of the connector '{call.Instance.Name}' are not accepted any more.");
            return new Exchange { Reply = reply, Failure = refused, IsExpired = true };
        }

        if (reply.IsSuccess && !Array.Exists(_inSuccess, signal => signal.IsShownBy(reply)))
        {
            return new Exchange { Reply = reply };
        }

        var code = Array.Find(_codes, code => code.When.IsShownBy(reply)).Spec;
        var failure = Failure(call, reply, code, now);
        return new Exchange { Reply = reply, Failure = failure, IsRetryable = code?.Retryable == true || (code is null && template.Retry.Statuses.Contains(reply.Status)) };
    }

    private ActionOutcome Failure(ConnectorCall call, VendorReply reply, ErrorCodeSpec? code, DateTimeOffset now)
    {
        var words = Words(call, reply);
        var retryAfter = RetryAfter(reply, now);
        switch (reply.Status, code?.Code)
        {
            case (429, null) or (_, FailureCodes.RateLimited):
                // Many systems name the time only as that at which the limit begins anew.
                return Failed(FailureCodes.RateLimited, $"{template.Name} refuses more calls for now.", true, retryAfter ?? LimitReader.Read(call.Operation.LimitHeaders, reply, now).ResetAfter);
            // 408 too may come from something in between after the system began to act.
            case (>= 500 or 408, null) or (_, FailureCodes.Unavailable or FailureCodes.Timeout):
                return call.IsWrite && code?.NotDone != true
                    ? new ActionUnknown($"{template.Name} answered {reply.Status}; it may have acted before.")
                    : Failed(code?.Code ?? FailureCodes.Unavailable, words, true, retryAfter);
            case (_, { } known):
                return Failed(known, words, code!.Retryable, retryAfter);
            case ( >= 300 and < 400, _):
                return Failed(FailureCodes.BadResponse, $"{template.Name} answered with a redirect, which is not followed; check the connector's address.");
            default:
                var plain = reply.Status switch
                {
                    401 => FailureCodes.Unauthenticated,
                    403 => FailureCodes.Forbidden,
                    404 or 410 => FailureCodes.NotFound,
                    409 or 412 => FailureCodes.Conflict,
                    < 300 or (>= 400 and < 500) => FailureCodes.Rejected,
                    _ => FailureCodes.BadResponse,
                };
                return Failed(plain, words, false, retryAfter);
        }
    }

    private static ActionFailed Failed(string code, string message, bool isRetryable = false, TimeSpan? retryAfter = null) => new(code, message, isRetryable, retryAfter);

    private TimeSpan? RetryAfter(VendorReply reply, DateTimeOffset now)
    {
        if (reply.RetryAfter(now) is { } asked)
        {
            return asked;
        }

        var seconds = template.Retry.RetryAfterHeader is { } header ? reply.Header(header) : null;
        seconds ??= template.Retry.RetryAfterPath is { } path && reply.Json.ValueKind is not JsonValueKind.Undefined ? ValuePath.Find(reply.Json, path).AsText() : null;
        return double.TryParse(seconds, System.Globalization.CultureInfo.InvariantCulture, out var number) && number is >= 0 and < 86_400 ? TimeSpan.FromSeconds(number) : null;
    }

    // The system's own words, without credentials, in one short line.
    private string Words(ConnectorCall call, VendorReply reply)
    {
        if (reply.Json.ValueKind != JsonValueKind.Undefined)
        {
            foreach (var path in template.Errors.MessagePaths)
            {
                try
                {
                    var text = string.Join("; ", ValuePath.FindAll(reply.Json, path).Select(TemplateScope.TextOf)).Trim();
                    if (text.Length > 0)
                    {
                        return $"{template.Name}: {Safe(call, text)}";
                    }
                }
                catch (InvalidOperationException)
                {
                    // Half of a surrogate pair: nothing that could be shown.
                }
            }
        }

        return $"{template.Name} answered {reply.Status}.";
    }

    private static string Safe(ConnectorCall call, string message)
    {
        foreach (var secret in call.Credential?.Values.Values ?? [])
        {
            message = secret.RedactFrom(message);
        }

        var line = string.Concat(message.Take(4 * MaxMessage).Select(character => char.IsControl(character) ? ' ' : character)).Trim();
        return line.Length <= MaxMessage ? line : line[..MaxMessage] + "…";
    }
}
