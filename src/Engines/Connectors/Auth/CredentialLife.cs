using System.Diagnostics.CodeAnalysis;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Security;
using Steward.Engines.Security.Vault;

namespace Steward.Engines.Connectors.Auth;

/// <summary>
/// The token of one sign-in over time: valid, renewed before its end, refused, failing. All callers share one renewal; failed ones are repeated later and later.
/// Safe for concurrent use.
/// </summary>
internal sealed class CredentialLife(
    Func<SecretText?, Task<TokenGrant>> renew, Func<TokenGrant, Credential> make, CredentialOptions options, TimeSpan margin, TimeProvider time, Random random, Action<CredentialState, string?, string?> changed)
{
    private const int MaxRounds = 3;
    private static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private Token? _token;
    private Task<CredentialAnswer>? _renewing;
    private CredentialAnswer? _failure;
    private DateTimeOffset _notBefore;
    private DateTimeOffset _usedAt = time.GetUtcNow();
    private int _failures;
    private int _refusals;
    private long _generation;
    private int _resets;

    public CredentialState State { get; private set; }

    /// <summary>When somebody last asked.</summary>
    public DateTimeOffset UsedAt => _usedAt;

    /// <summary>Whether a renewal is under way.</summary>
    public bool IsBusy
    {
        get
        {
            lock (_gate)
            {
                return _renewing is not null;
            }
        }
    }

    /// <summary>A credential that is good for now.</summary>
    public Task<CredentialAnswer> GetAsync(CancellationToken cancellationToken)
    {
        Task<CredentialAnswer> renewing;
        lock (_gate)
        {
            var now = _usedAt = time.GetUtcNow();
            if (_token is { } token && now < token.UsableUntil)
            {
                if (now >= token.RenewAt && now >= _notBefore)
                {
                    // Beside the callers: what they have is good.
                    _renewing ??= RenewOnceAsync(null);
                }

                return Task.FromResult(CredentialAnswer.Of(token.Open(make)));
            }

            if (_renewing is null && now < _notBefore && _failure is { } failure)
            {
                return Task.FromResult(failure with { RetryAfter = State == CredentialState.Broken ? null : _notBefore - now });
            }

            renewing = _renewing ??= RenewOnceAsync(null);
        }

        return renewing.WaitAsync(cancellationToken);
    }

    /// <summary>A newer credential than one that was refused.</summary>
    public Task<CredentialAnswer> RenewAsync(long refusedGeneration, CancellationToken cancellationToken)
    {
        Task<CredentialAnswer> renewing;
        lock (_gate)
        {
            var now = _usedAt = time.GetUtcNow();
            if (_token is { } token && token.Generation > refusedGeneration && now < token.UsableUntil)
            {
                return Task.FromResult(CredentialAnswer.Of(token.Open(make)));
            }

            if (_renewing is null && _token is { } refused)
            {
                // A system that refuses what it has just given out must not be asked for more and more of it.
                _refusals = now < refused.FreshUntil ? _refusals + 1 : 1;
                if (_refusals > 3)
                {
                    Fail(now, CredentialAnswer.Refused(FailureCodes.Unauthenticated, "The system refuses credentials that it has just given out. Check the rights of the account."), _refusals - 3);
                    _token = null;
                }
            }

            if (_renewing is null && now < _notBefore && _failure is { } failure)
            {
                return Task.FromResult(failure with { RetryAfter = State == CredentialState.Broken ? null : _notBefore - now });
            }

            if (_renewing is null)
            {
                var last = _token?.Reveal();
                _token = null;
                _renewing = RenewOnceAsync(last);
            }

            renewing = _renewing;
        }

        return renewing.WaitAsync(cancellationToken);
    }

    /// <summary>Renews now, unless that is under way or has to wait.</summary>
    public Task<CredentialAnswer> RenewNowAsync()
    {
        lock (_gate)
        {
            return _renewing is null && time.GetUtcNow() < _notBefore && _failure is { } failure ? Task.FromResult(failure) : _renewing ??= RenewOnceAsync(null);
        }
    }

    /// <summary>Begins anew: somebody has signed in, or the configuration was mended. A renewal that is under way for what was before neither leaves a token nor a failure behind. Tells nobody.</summary>
    public void Reset()
    {
        lock (_gate)
        {
            (_token, _failure, _notBefore, _failures, _refusals) = (null, null, default, 0, 0);
            _resets++;
            State = CredentialState.Active;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "A renewal that everybody waits for must end with an answer.")]
    private async Task<CredentialAnswer> RenewOnceAsync(SecretText? refused)
    {
        // Away from the caller's lock.
        await Task.Yield();
        for (var round = 1; ; round++)
        {
            var resets = Resets;
            var (answer, failure) = (default(CredentialAnswer), default(Failure));
            try
            {
                answer = Succeeded(await renew(refused), resets);
            }
            catch (OAuthException exception)
            {
                failure = new Failure(exception.Code, exception.Message, exception.IsRetryable, exception.OutcomeUnknown, exception.RetryAfter);
            }
            catch (VaultException exception)
            {
                // What is wrong with the vault says nothing about the sign-in.
                failure = new Failure(exception.IsRetryable ? FailureCodes.Unavailable : FailureCodes.NotConfigured, exception.Message, IsRetryable: true);
            }
            catch (Exception)
            {
                failure = new Failure(FailureCodes.Unavailable, "Signing in failed for an unexpected reason.", IsRetryable: true);
            }

            if (answer is not null)
            {
                return answer;
            }

            // What failed for the sign-in before says nothing about the one that is there now: those who wait get the answer of that.
            if (resets == Resets || round == MaxRounds)
            {
                return Failed(failure!, resets);
            }

            refused = null;
        }
    }

    private CredentialAnswer Succeeded(TokenGrant grant, int resets)
    {
        long generation;
        lock (_gate)
        {
            (_renewing, _failure, _failures, _notBefore) = (null, null, 0, default);
            generation = _generation = Math.Max(_generation + 1, time.GetUtcNow().ToUnixTimeMilliseconds());
            // What was got for the sign-in before is not kept for the next, and says nothing about it.
            _token = resets == _resets ? Token.Of(grant, generation, margin, options.LongestCache, random) : null;
        }

        if (resets == Resets)
        {
            Enter(CredentialState.Active, null, null);
        }

        return CredentialAnswer.Of(make(grant) with { Generation = generation });
    }

    private CredentialAnswer Failed(Failure failure, int resets)
    {
        var (code, message, isRetryable, isUrgent, retryAfter) = failure;
        CredentialAnswer answer;
        Token? still;
        lock (_gate)
        {
            var now = time.GetUtcNow();
            _renewing = null;
            answer = CredentialAnswer.Refused(code, message);
            if (resets != _resets)
            {
                return answer;
            }

            _failures++;
            Fail(now, answer, _failures, isUrgent, retryAfter);
            still = _token is { } token && now < token.UsableUntil ? token : null;
            answer = answer with { RetryAfter = isRetryable ? _notBefore - now : null };
        }

        Enter(isRetryable ? CredentialState.Expiring : CredentialState.Broken, code, message);
        return still is null ? answer : CredentialAnswer.Of(still.Open(make));
    }

    /// <summary>Full jitter between a quarter of the pause and all of it. After a lost answer the first attempts come quickly: servers forgive the second use of a refresh token for a short time only.</summary>
    private void Fail(DateTimeOffset now, CredentialAnswer failure, int times, bool isUrgent = false, TimeSpan? retryAfter = null)
    {
        _failure = failure;
        var first = isUrgent ? TimeSpan.FromMilliseconds(200) : TimeSpan.FromSeconds(1);
        var pause = first * Math.Pow(2, Math.Min(times - 1, 16));
        pause = pause > options.LongestPause ? options.LongestPause : pause;
        _notBefore = now + (retryAfter ?? pause * (0.25 + (0.75 * random.NextDouble())));
    }

    private void Enter(CredentialState state, string? code, string? message)
    {
        lock (_gate)
        {
            if (State == state)
            {
                return;
            }

            State = state;
        }

        changed(state, code, message);
    }

    private int Resets
    {
        get
        {
            lock (_gate)
            {
                return _resets;
            }
        }
    }

    private sealed record Failure(string Code, string Message, bool IsRetryable, bool IsUrgent = false, TimeSpan? RetryAfter = null);

    private sealed class Token
    {
        private readonly SealedToken _sealed;
        private readonly TokenGrant _grant;

        private Token(TokenGrant grant, long generation)
        {
            _sealed = new SealedToken(grant.AccessToken);
            _grant = grant with { AccessToken = new SecretText(""), RefreshToken = null };
            Generation = generation;
        }

        public long Generation { get; }

        /// <summary>Until here a refusal cannot be for its age.</summary>
        public DateTimeOffset FreshUntil { get; private init; }

        /// <summary>From here on it is renewed beside its use.</summary>
        public DateTimeOffset RenewAt { get; private init; }

        /// <summary>From here on it is not handed out: it could end on the way.</summary>
        public DateTimeOffset UsableUntil { get; private init; }

        public static Token Of(TokenGrant grant, long generation, TimeSpan margin, TimeSpan longest, Random random)
        {
            var life = grant.ExpiresAt - grant.ObtainedAt;
            life = life > longest ? longest : life;
            // Short lives leave no room for the margin that suits long ones.
            var before = margin > life / 4 ? life / 4 : margin;
            var skew = TimeSpan.FromSeconds(5) > life / 20 ? life / 20 : TimeSpan.FromSeconds(5);
            return new Token(grant, generation)
            {
                FreshUntil = grant.ObtainedAt + (FreshFor > life / 2 ? life / 2 : FreshFor),
                RenewAt = grant.ObtainedAt + life - (before * (1 + random.NextDouble())),
                UsableUntil = grant.ObtainedAt + life - skew,
            };
        }

        public SecretText Reveal() => _sealed.Open();

        public Credential Open(Func<TokenGrant, Credential> make) => make(_grant with { AccessToken = _sealed.Open() }) with { Generation = Generation };
    }
}
