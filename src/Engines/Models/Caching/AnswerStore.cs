using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;
using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Caching;

/// <summary>
/// The answers of a process, in memory. When memory is short the tenant that has most loses what it used least lately: the one that has most is always above its even share, so nobody's answers go for another
/// tenant's as long as they take no more than that. Safe for concurrent use.
/// </summary>
internal sealed class AnswerStore(IOptions<ModelCacheOptions> options, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<AnswerKey, StoredAnswer> _answers = [];
    private readonly Dictionary<AnswerKey, List<StoredAnswer>> _groups = [];
    private readonly Dictionary<string, Tenant> _tenants = new(StringComparer.Ordinal);
    private readonly SortedSet<Tenant> _bySize = new(Comparer<Tenant>.Create((x, y) => x.Bytes != y.Bytes ? x.Bytes.CompareTo(y.Bytes) : string.CompareOrdinal(x.Id, y.Id)));
    private readonly long _began = time.GetTimestamp();

    /// <summary>The memory that all answers take, in bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>How many answers there are.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _answers.Count;
            }
        }
    }

    private TimeSpan Now => time.GetElapsedTime(_began);

    /// <summary>The memory that a tenant's answers take, in bytes.</summary>
    public long BytesOf(string tenantId)
    {
        lock (_gate)
        {
            return _tenants.GetValueOrDefault(tenantId)?.Bytes ?? 0;
        }
    }

    /// <summary>The tenants that have answers here.</summary>
    public IReadOnlyList<string> Tenants
    {
        get
        {
            lock (_gate)
            {
                return [.. _tenants.Keys];
            }
        }
    }

    /// <summary>Removes a tenant's answers that are over their time, or of a generation that is to be forgotten.</summary>
    /// <returns>How many were removed.</returns>
    public int Sweep(string tenantId, ModelTenantPolicy policy)
    {
        lock (_gate)
        {
            var now = Now;
            var gone = _tenants.TryGetValue(tenantId, out var tenant) ? tenant.Answers.Where(stored => stored.Until <= now || stored.IsForgotten(policy)).ToList() : [];
            gone.ForEach(Remove);
            return gone.Count;
        }
    }

    /// <summary>The answer of a key.</summary>
    public bool TryGet(AnswerKey key, CacheScope scope, ModelTenantPolicy policy, [NotNullWhen(true)] out CachedAnswer? answer)
    {
        lock (_gate)
        {
            answer = null;
            if (!_answers.TryGetValue(key, out var stored) || !stored.Scope.Equals(scope))
            {
                return false;
            }

            if (stored.Until <= Now || stored.IsForgotten(policy))
            {
                Remove(stored);
                return false;
            }

            Use(stored);
            answer = stored.Answer;
            return true;
        }
    }

    /// <summary>The answers to questions of a group that agree with a question.</summary>
    public IReadOnlyList<SimilarAnswer> Similar(AnswerKey group, CacheScope scope, ModelTenantPolicy policy, QuestionFacts facts)
    {
        lock (_gate)
        {
            if (!_groups.TryGetValue(group, out var members))
            {
                return [];
            }

            var now = Now;
            return [.. members.Where(stored => stored.Until > now && !stored.IsForgotten(policy) && stored.Scope.Equals(scope) && stored.Question!.Facts.AgreesWith(facts)).Select(stored => new SimilarAnswer(stored.Key, stored.Question!, stored.Answer))];
        }
    }

    /// <summary>Keeps an answer; one of the same key is replaced.</summary>
    /// <returns>False when it is too large, or the store keeps nothing.</returns>
    public bool Put(AnswerKey key, CacheScope scope, CachedAnswer answer, TimeSpan keepFor, AnswerAuthor author = default)
    {
        if (answer.Bytes > options.Value.MaxAnswerBytes || answer.Bytes > options.Value.MaxBytes || keepFor <= TimeSpan.Zero)
        {
            return false;
        }

        lock (_gate)
        {
            if (_answers.TryGetValue(key, out var old))
            {
                Remove(old);
            }

            if (!_tenants.TryGetValue(scope.TenantId, out var tenant))
            {
                _tenants[scope.TenantId] = tenant = new Tenant(scope.TenantId);
            }

            var stored = new StoredAnswer(key, scope, answer, tenant, Now + keepFor, author);
            _answers[key] = stored;
            stored.Node = tenant.Answers.AddFirst(stored);
            Resize(stored, answer.Bytes);
            MakeRoom();
            return true;
        }
    }

    /// <summary>Lets an answer be found by questions that mean the same; nothing when it is gone already.</summary>
    public void Index(AnswerKey key, AnswerKey group, StoredQuestion question)
    {
        lock (_gate)
        {
            if (!_answers.TryGetValue(key, out var stored) || stored.Question is not null)
            {
                return;
            }

            (stored.Group, stored.Question) = (group, question);
            if (!_groups.TryGetValue(group, out var members))
            {
                _groups[group] = members = [];
            }

            members.Add(stored);
            Resize(stored, question.Bytes);
            MakeRoom();
        }
    }

    /// <summary>Keeps what a question means, once that was computed; nothing when its answer is gone already.</summary>
    public void Learn(AnswerKey key, StoredQuestion question, TextVector vector)
    {
        lock (_gate)
        {
            if (_answers.TryGetValue(key, out var stored) && ReferenceEquals(stored.Question, question))
            {
                var known = question with { Text = null, Vector = vector };
                stored.Question = known;
                Resize(stored, known.Bytes - question.Bytes);
                MakeRoom();
            }
        }
    }

    /// <summary>Notes that an answer was of use.</summary>
    public void Touch(AnswerKey key)
    {
        lock (_gate)
        {
            if (_answers.TryGetValue(key, out var stored))
            {
                Use(stored);
            }
        }
    }

    private static void Use(StoredAnswer stored)
    {
        stored.Tenant.Answers.Remove(stored.Node!);
        stored.Tenant.Answers.AddFirst(stored.Node!);
    }

    private void MakeRoom()
    {
        while (Bytes > options.Value.MaxBytes)
        {
            CacheMetrics.Evicted();
            Remove(_bySize.Max!.Answers.Last!.Value);
        }
    }

    private void Remove(StoredAnswer stored)
    {
        _answers.Remove(stored.Key);
        stored.Tenant.Answers.Remove(stored.Node!);
        if (stored.Question is not null && _groups.TryGetValue(stored.Group, out var members))
        {
            members.Remove(stored);
            if (members.Count == 0)
            {
                _groups.Remove(stored.Group);
            }
        }

        Resize(stored, -stored.Bytes);
    }

    private void Resize(StoredAnswer stored, long by)
    {
        var tenant = stored.Tenant;
        _bySize.Remove(tenant);
        stored.Bytes += by;
        tenant.Bytes += by;
        Bytes += by;
        CacheMetrics.Resized(by);
        if (tenant.Answers.Count > 0)
        {
            _bySize.Add(tenant);
        }
        else
        {
            _tenants.Remove(tenant.Id);
        }
    }

    private sealed class Tenant(string id)
    {
        public string Id => id;

        public long Bytes { get; set; }

        /// <summary>What was used last is first.</summary>
        public LinkedList<StoredAnswer> Answers { get; } = new();
    }

    private sealed class StoredAnswer(AnswerKey key, CacheScope scope, CachedAnswer answer, Tenant tenant, TimeSpan until, AnswerAuthor author)
    {
        public AnswerKey Key => key;

        public CacheScope Scope => scope;

        public CachedAnswer Answer => answer;

        public Tenant Tenant => tenant;

        public TimeSpan Until => until;

        public bool IsForgotten(ModelTenantPolicy policy) => policy.AnswersSince(author.UserId) > author.Generation;

        public AnswerKey Group { get; set; }

        public StoredQuestion? Question { get; set; }

        public LinkedListNode<StoredAnswer>? Node { get; set; }

        public long Bytes { get; set; }
    }
}

/// <summary>Whose question an answer is of.</summary>
/// <param name="UserId">Who asked; null for the platform's own work.</param>
/// <param name="Generation">The generation of the person's answers when the question came.</param>
internal readonly record struct AnswerAuthor(string? UserId, long Generation);

/// <summary>A question that was answered. What it means is computed when another one agrees with it, which for most never happens.</summary>
/// <param name="Facts">What has to agree.</param>
/// <param name="Text">Its words, until the vector is known.</param>
/// <param name="Vector">What it means; null before that was computed.</param>
internal sealed record StoredQuestion(QuestionFacts Facts, string? Text, TextVector? Vector)
{
    /// <summary>The memory that it takes, about.</summary>
    public long Bytes => 300 + (2L * (Text?.Length ?? 0)) + (4L * (Vector?.Values.Length ?? 0)) + Facts.Bytes;
}

/// <summary>An answer whose question may mean the same.</summary>
internal sealed record SimilarAnswer(AnswerKey Key, StoredQuestion Question, CachedAnswer Answer);
