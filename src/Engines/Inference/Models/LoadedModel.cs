using System.Buffers;
using System.Diagnostics;
using System.Numerics.Tensors;
using Steward.Engines.Inference.Batching;
using Steward.Engines.Inference.Linear;
using Steward.Engines.Inference.Sessions;
using Steward.Engines.Inference.Tokenization;

namespace Steward.Engines.Inference.Models;

/// <summary>One version of a model in memory. Requests and their texts hold it while they use it; once it is retired and the last of them has ended, it is freed.</summary>
internal sealed class LoadedModel
{
    private readonly Lock _gate = new();
    private readonly DeviceWorkers _workers;
    private readonly WordPieceTokenizer _tokenizer;
    private readonly LinearClassifier? _linear;
    private int _users;
    private bool _isRetired;

    private LoadedModel(ModelFolder folder, ModelSession session, DeviceWorkers workers, BatchPolicy policy, string device)
    {
        (Manifest, Labels, Calibration, Session, _workers, _linear) = (folder.Manifest, folder.Labels, folder.Calibration, session, workers, folder.Linear);
        (OutOfScopeLabel, Device) = (folder.OutOfScopeLabel, device);
        _tokenizer = new WordPieceTokenizer(folder.Vocabulary, folder.Manifest.Lowercase);
        Bytes = EstimateBytes(folder);
        Tags = new TagList { { "steward.model", Manifest.Name }, { "steward.model.version", Manifest.Version }, { "steward.device", device } };
        Queue = workers.AddQueue(policy, this);
    }

    public ModelManifest Manifest { get; }

    public IReadOnlyList<string> Labels { get; }

    public ModelCalibration Calibration { get; }

    /// <summary>The label that stands for texts out of scope, if there is one.</summary>
    public int? OutOfScopeLabel { get; }

    public ModelSession Session { get; }

    public BatchQueue Queue { get; }

    /// <summary>About what it takes in memory.</summary>
    public long Bytes { get; }

    /// <summary>The attributes of its measurements.</summary>
    public TagList Tags { get; }

    /// <summary>What it runs on: <c>cpu</c> or <c>cuda</c>.</summary>
    public string Device { get; }

    /// <summary>When the GPU, which had no memory for it, is asked again; null where it runs on what it is to run on.</summary>
    public CardRetry? Card { get; set; }

    /// <summary>When it was last used, on the workers' clock.</summary>
    public TimeSpan UsedAt { get; private set; }

    /// <summary>Requests that use it, and their texts that have not ended.</summary>
    public int Users => Volatile.Read(ref _users);

    /// <summary>The least that it takes, by the length of its file: weights twice, as file and as packed for the processor, and some for the session.</summary>
    public static long EstimateBytes(long modelBytes) => (2 * modelBytes) + (8 << 20);

    /// <summary>What it takes with its vocabulary and its linear part, which are larger in memory than as files.</summary>
    public static long EstimateBytes(ModelFolder folder) => EstimateBytes(folder.Model.Length) + folder.Vocabulary.MemoryBytes + (folder.Linear?.MemoryBytes ?? 0);

    /// <summary>Loads, checks and warms up a model.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="workers">The threads that run it.</param>
    /// <param name="policy">How its texts are put together.</param>
    /// <param name="cudaDevice">The GPU; null for the processor.</param>
    /// <param name="load">Loads a session; null for <see cref="ModelSession.Load"/>.</param>
    /// <exception cref="ModelRefusedException">Something does not fit.</exception>
    public static LoadedModel Load(ModelFolder folder, DeviceWorkers workers, BatchPolicy policy, int? cudaDevice, SessionLoader? load = null)
    {
        load ??= ModelSession.Load;

        // The processor refuses ids that the model does not know; a GPU reads beyond its table.
        using (var check = cudaDevice is null ? null : load(folder.Model, folder.Manifest, folder.Vocabulary.Padding, null))
        {
            if (check is not null)
            {
                ModelChecks.Run(folder, check);
            }
        }

        var session = load(folder.Model, folder.Manifest, folder.Vocabulary.Padding, cudaDevice);
        try
        {
            if (cudaDevice is null)
            {
                ModelChecks.Run(folder, session);
            }

            ModelChecks.WarmUp(folder, session);
            return new LoadedModel(folder, session, workers, policy, cudaDevice is null ? "cpu" : "cuda");
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Takes it into use; false when it is on its way out.</summary>
    public bool TryUse()
    {
        lock (_gate)
        {
            if (_isRetired)
            {
                return false;
            }

            _users++;
            UsedAt = _workers.Now;
            return true;
        }
    }

    /// <summary>One more use by somebody who has one already.</summary>
    public void UseToo()
    {
        lock (_gate)
        {
            _users++;
        }
    }

    /// <summary>The other half of <see cref="TryUse"/> and <see cref="UseToo"/>.</summary>
    public void Release()
    {
        lock (_gate)
        {
            if (--_users > 0 || !_isRetired)
            {
                return;
            }
        }

        Free();
    }

    /// <summary>Takes no new users, and is freed with the last one's end.</summary>
    public void Retire()
    {
        lock (_gate)
        {
            if (_isRetired)
            {
                return;
            }

            _isRetired = true;
            if (_users > 0)
            {
                return;
            }
        }

        Free();
    }

    /// <summary>A text, or two, as work; its ids come from the pool. It uses the model until it has ended, for its request may leave before its run.</summary>
    public InferenceWork Encode(string text, string? second, InferenceLane lane, TimeSpan? deadline, out bool isTruncated)
    {
        var ids = ArrayPool<int>.Shared.Rent(Manifest.MaxTokens);
        var room = ids.AsSpan(0, Manifest.MaxTokens);
        var encoded = second is null ? _tokenizer.Encode(text, room) : _tokenizer.Encode(text, second, room);
        isTruncated = encoded.IsTruncated;
        return new InferenceWork(this, ids, encoded.Length, encoded.SecondAt, lane, deadline);
    }

    /// <summary>Makes an answer of a text's row.</summary>
    public Classification Decide(string text, float[] row, int top, bool isTruncated, int reasons = 0)
    {
        Span<double> linear = stackalloc double[_linear?.Classes ?? 0];
        _linear?.Score(text, linear);
        var answer = ClassificationHead.Decide(this, row, linear, top, isTruncated);
        return reasons == 0 || _linear is null || answer.IsOutOfScope ? answer : answer with { Reasons = _linear.Explain(text, Labels.Index().First(label => label.Item == answer.Label).Index, reasons) };
    }

    /// <summary>The words that the linear part reads where it answers alone; 0 where it never does. A rule for texts out of scope needs both parts.</summary>
    public int GlanceWords => _linear is not null && Calibration.LinearAloneWeight > 0 && OutOfScopeLabel is null ? _linear.MaxWords : 0;

    /// <summary>Makes an answer of the linear part alone; only where <see cref="GlanceWords"/> is more than 0.</summary>
    public LinearClassification Glance(LinearText text)
    {
        var probabilities = new double[Labels.Count];
        _linear!.Score(text, probabilities);
        TensorPrimitives.Multiply(probabilities, Calibration.LinearAloneWeight, probabilities);
        TensorPrimitives.SoftMax<double>(probabilities, probabilities);
        var best = TensorPrimitives.IndexOfMax<double>(probabilities);
        return new LinearClassification { Version = Manifest.Version, Labels = Labels, Label = Labels[best], Confidence = probabilities[best], Probabilities = probabilities };
    }

    private void Free()
    {
        _workers.RemoveQueue(Queue);
        Session.Dispose();
    }
}

/// <summary>When a GPU is asked again whether it has memory for a model, on the workers' clock, and how often it had none.</summary>
internal sealed record CardRetry(TimeSpan At, int Times);

/// <summary>Loads a session, on a GPU where one is named: see <see cref="ModelSession.Load"/>.</summary>
internal delegate ModelSession SessionLoader(byte[] model, ModelManifest manifest, int padding, int? cudaDevice);
