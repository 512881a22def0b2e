using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Gateway.Access;

/// <summary>Bounds what one user takes of the gateway: requests a second and open event streams.</summary>
internal sealed class UserAdmission(IOptions<StewardGatewayOptions> options, TimeProvider time)
{
    private const int SweepAt = 10_000;

    private readonly StewardGatewayOptions _options = options.Value;
    private readonly ConcurrentDictionary<(string Tenant, string User), User> _users = new();
    private int _sweeping;

    /// <summary>Counts a request.</summary>
    /// <exception cref="StewardException"><c>overloaded</c> when there were too many.</exception>
    public void AdmitRequest(CallerIdentity caller)
    {
        if (!UserOf(caller).Requests.TryTake(out var wait))
        {
            throw new StewardException(ErrorCodes.Overloaded, "You make too many requests.") { IsRetryable = true, RetryAfter = wait };
        }
    }

    /// <summary>Counts an event stream until the result is disposed.</summary>
    /// <exception cref="StewardException"><c>overloaded</c> when too many are open.</exception>
    public StreamSlot AdmitStream(CallerIdentity caller)
    {
        var user = UserOf(caller);
        if (Interlocked.Increment(ref user.Streams) > _options.StreamsPerUser)
        {
            Interlocked.Decrement(ref user.Streams);
            throw new StewardException(ErrorCodes.Overloaded, $"You have {_options.StreamsPerUser} event streams open, which is the most there may be. Close one.")
            {
                IsRetryable = true,
                RetryAfter = TimeSpan.FromSeconds(5),
            };
        }

        Diagnostics.OpenStreams.Add(1);
        return new StreamSlot(user);
    }

    private User UserOf(CallerIdentity caller)
    {
        var key = (caller.TenantId, caller.UserId);
        if (_users.TryGetValue(key, out var user))
        {
            return user;
        }

        if (_users.Count >= SweepAt && Interlocked.CompareExchange(ref _sweeping, 1, 0) == 0)
        {
            foreach (var (idleKey, idle) in _users)
            {
                // A user who starts something in this instant gets a new, full bucket, which is no harm.
                if (Volatile.Read(ref idle.Streams) == 0 && idle.Requests.IsFull)
                {
                    _users.TryRemove(new KeyValuePair<(string, string), User>(idleKey, idle));
                }
            }

            Volatile.Write(ref _sweeping, 0);
        }

        return _users.GetOrAdd(key, _ => new User(new TokenBucket(_options.RequestsPerSecondPerUser, _options.RequestBurstPerUser, time)));
    }

    internal sealed class User(TokenBucket requests)
    {
        public int Streams;

        public TokenBucket Requests => requests;
    }

    /// <summary>An open event stream.</summary>
    internal sealed class StreamSlot(User user) : IDisposable
    {
        private int _released;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _released, 1) == 0)
            {
                Interlocked.Decrement(ref user.Streams);
                Diagnostics.OpenStreams.Add(-1);
            }
        }
    }
}
