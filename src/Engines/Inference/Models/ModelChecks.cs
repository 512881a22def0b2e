using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;
using Steward.Engines.Inference.Sessions;

namespace Steward.Engines.Inference.Models;

/// <summary>Whether model, vocabulary and labels belong together: found out by running it.</summary>
internal static class ModelChecks
{
    private static readonly int[] WarmUpLengths = [16, 64, 256, 512];

    /// <exception cref="ModelRefusedException">They do not.</exception>
    public static void Run(ModelFolder folder, ModelSession session)
    {
        using var buffers = new WorkerBuffers();
        var (vocabulary, manifest) = (folder.Vocabulary, folder.Manifest);
        if (manifest.VocabularySize is { } declared && declared < vocabulary.Count)
        {
            throw new ModelRefusedException(ModelFault.WrongVocabulary, $"vocab.txt has {vocabulary.Count} entries; model.json says that the model knows {declared}");
        }

        if (!Knows(vocabulary.Count - 1))
        {
            throw new ModelRefusedException(ModelFault.WrongVocabulary, $"vocab.txt has {vocabulary.Count} entries; the model does not know the id {vocabulary.Count - 1}");
        }

        // A table that is larger on purpose (padded to a round number) has to be declared: a wrong vocabulary of another model looks the same.
        if (manifest.VocabularySize is null && Knows(vocabulary.Count))
        {
            throw new ModelRefusedException(
                ModelFault.WrongVocabulary, $"vocab.txt has {vocabulary.Count} entries; the model knows more ids. Where that is on purpose, vocabularySize in model.json says how many");
        }

        var expected = manifest.Task switch { ModelTask.Classification => folder.Labels.Count, ModelTask.Reranking => 1, _ => session.Width };
        if (session.Width != expected)
        {
            throw new ModelRefusedException(
                ModelFault.WrongLabels,
                manifest.Task == ModelTask.Reranking
                    ? $"the model gives {session.Width} scores for a pair; reranking needs 1"
                    : $"labels.json has {expected} labels; the model tells {session.Width} apart");
        }

        bool Knows(int id)
        {
            try
            {
                session.RunOnce([vocabulary.Start, id, vocabulary.Separator], buffers);
                return true;
            }
            catch (OnnxRuntimeException e)
            {
                return e.IsOfDevice() ? throw DeviceFaults.Refuse(e, "the model does not run") : false;
            }
        }
    }

    /// <summary>Runs the model at several lengths, so that the first request pays for nothing, and sees that its numbers are numbers.</summary>
    /// <exception cref="ModelRefusedException">They are not, or it cannot take texts as long as it says.</exception>
    public static void WarmUp(ModelFolder folder, ModelSession session)
    {
        using var buffers = new WorkerBuffers();
        foreach (var length in WarmUpLengths.Where(length => length < folder.Manifest.MaxTokens).Append(folder.Manifest.MaxTokens))
        {
            var ids = new int[length];
            Array.Fill(ids, folder.Vocabulary.Unknown);
            (ids[0], ids[^1]) = (folder.Vocabulary.Start, folder.Vocabulary.Separator);
            float[] row;
            try
            {
                row = session.RunOnce(ids, buffers);
            }
            catch (OnnxRuntimeException e)
            {
                throw DeviceFaults.Refuse(e, $"the model does not run with {length} tokens (model.json allows {folder.Manifest.MaxTokens})");
            }

            if (!TensorPrimitives.IsFiniteAll<float>(row))
            {
                throw new ModelRefusedException(ModelFault.Corrupt, $"the model's output for {length} tokens is not a finite number");
            }
        }
    }
}
