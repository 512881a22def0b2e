using System.Globalization;

namespace Steward.Engines.Security.Webhooks;

/// <summary>
/// For receivers: checks the signature and age of messages and lets none pass a second time. Safe for concurrent use; keep one for each endpoint.
/// </summary>
/// <remarks>
/// A message that was seen is remembered for as long as its signature could pass. Remember ids yourself, durably and for longer, if doing the work of a message twice does
/// harm: the sender repeats a message, with the same id and a new timestamp, until it gets a 2xx answer.
/// </remarks>
public sealed class WebhookVerifier
{
    /// <summary>How far the timestamp may be from the receiver's clock.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private const int MaxRemembered = 100_000;

    private readonly List<byte[]> _keys = [];
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly HashSet<(string Id, long Timestamp)> _seen = [];
    private readonly Queue<(string Id, long Timestamp, long ForgetAt)> _order = new();

    /// <summary>Creates a verifier.</summary>
    /// <param name="secrets">The secret, and during a rotation the old one too.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentException">There is no secret, or one is malformed.</exception>
    public WebhookVerifier(IEnumerable<SecretText> secrets, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        foreach (var secret in secrets)
        {
            _keys.Add(WebhookSecret.TryRead(secret, out var key)
                ? key
                : throw new ArgumentException($"A secret is {WebhookSecret.Prefix} followed by base64 of {WebhookSecret.MinBytes} to {WebhookSecret.MaxBytes} bytes.", nameof(secrets)));
        }

        if (_keys.Count == 0)
        {
            throw new ArgumentException("There must be a secret to verify with.", nameof(secrets));
        }
    }

    /// <summary>Verifies a message. Never throws for any input.</summary>
    /// <param name="id">The header <c>webhook-id</c>.</param>
    /// <param name="timestamp">The header <c>webhook-timestamp</c>.</param>
    /// <param name="signatures">The header <c>webhook-signature</c>.</param>
    /// <param name="body">The body, byte for byte as received.</param>
    public WebhookVerdict Verify(string? id, string? timestamp, string? signatures, ReadOnlySpan<byte> body)
    {
        if (string.IsNullOrEmpty(id) || string.IsNullOrEmpty(signatures) || id.Length > 256 || signatures.Length > 4096
            || !long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
        {
            return WebhookVerdict.Malformed;
        }

        var isRight = false;
        foreach (var key in _keys)
        {
            isRight |= WebhookSignature.Matches(key, id, seconds, body, signatures);
        }

        if (!isRight)
        {
            return WebhookVerdict.WrongSignature;
        }

        var now = _time.GetUtcNow().ToUnixTimeSeconds();
        var tolerance = (long)Tolerance.TotalSeconds;
        if (seconds < now - tolerance || seconds > now + tolerance)
        {
            return WebhookVerdict.OutOfTime;
        }

        lock (_lock)
        {
            while (_order.TryPeek(out var oldest) && (oldest.ForgetAt < now || _order.Count >= MaxRemembered))
            {
                _order.Dequeue();
                _seen.Remove((oldest.Id, oldest.Timestamp));
            }

            if (!_seen.Add((id, seconds)))
            {
                return WebhookVerdict.Replayed;
            }

            _order.Enqueue((id, seconds, now + (2 * tolerance)));
        }

        return WebhookVerdict.Valid;
    }
}

/// <summary>What a <see cref="WebhookVerifier"/> found.</summary>
public enum WebhookVerdict
{
    /// <summary>Signed with the secret, fresh, and seen for the first time.</summary>
    Valid,

    /// <summary>A header is missing or malformed.</summary>
    Malformed,

    /// <summary>No signature is right.</summary>
    WrongSignature,

    /// <summary>Signed too long ago, or in the future.</summary>
    OutOfTime,

    /// <summary>This very request was seen before.</summary>
    Replayed,
}
