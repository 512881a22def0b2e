using System.Text.Json;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Memory;

/// <summary>What an erasure has come to.</summary>
internal sealed partial class UserMemoryState
{
    private void ApplyErasure(JournalEntry entry)
    {
        switch (entry.Type)
        {
            case MemoryRecordTypes.EraseBegun:
                var begun = JsonSerializer.Deserialize(entry.Payload.Span, MemoryJson.Default.MemoryEraseBegun)!;
                BeginErasure(begun, entry.At);
                Remove(Facts.Select(fact => fact.Id), entry.Sequence);
                RemoveAsked(patterns: true, interactions: true, entry.Sequence);
                (Tombstones, Salt, Operations, ConsolidatesAt) = ([], null, [], null);
                break;
            case MemoryRecordTypes.EraseStep:
                var step = JsonSerializer.Deserialize(entry.Payload.Span, MemoryJson.Default.MemoryEraseStep)!;
                if (!ErasedSessions.Contains(step.SessionId))
                {
                    ErasedSessions.Add(step.SessionId);
                    Count("conversations", 1);
                    Count("runs", step.Runs);
                }

                break;
            case MemoryRecordTypes.EraseContents:
                var contents = JsonSerializer.Deserialize(entry.Payload.Span, MemoryJson.Default.MemoryEraseContents)!;
                if (ErasedContents.Add(contents.Part))
                {
                    Count("prompts and results", contents.Contents);
                    SharedContents += contents.Shared;
                }

                break;
            case MemoryRecordTypes.EraseAnswers:
                if (IsOfErasure(JsonSerializer.Deserialize(entry.Payload.Span, MemoryJson.Default.MemoryEraseAnswers)!.OperationId))
                {
                    Erasure = Erasure! with { AnswersForgottenAt = entry.At };
                }

                break;
            case MemoryRecordTypes.EraseVectorsStep or MemoryRecordTypes.EraseVectors:
                var vectors = JsonSerializer.Deserialize(entry.Payload.Span, MemoryJson.Default.MemoryEraseVectors)!;
                if (IsOfErasure(vectors.OperationId))
                {
                    Count("vectors", vectors.Count - (vectors.IsTotal ? Removed("vectors") - VectorsBefore : 0));
                    HasErasedVectors = !vectors.HasMore;
                }

                break;
            case MemoryRecordTypes.Erased:
                var erased = JsonSerializer.Deserialize(entry.Payload.Span, MemoryJson.Default.MemoryErased)!;
                if (IsOfErasure(erased.OperationId))
                {
                    Count("vectors", erased.Vectors);
                    Erasure = Erasure! with { CompletedAt = entry.At, Remains = erased.Remains };
                    ErasedSessions = [];
                    ErasedContents.Clear();
                    ErasedWithIt.Clear();
                }

                break;
        }
    }

    // One that is asked for while another goes on takes its place and has its work: what the receipt counts goes on, too.
    private void BeginErasure(MemoryEraseBegun begun, DateTimeOffset at)
    {
        var goesOn = IsErasing;
        ErasesConversations = begun.IncludeConversations || (goesOn && ErasesConversations);
        HasErasedVectors = false;
        if (!goesOn)
        {
            (ErasedSessions, SharedContents) = ([], 0);
            ErasedContents.Clear();
            ErasedWithIt.Clear();
        }

        ErasedWithIt.UnionWith(begun.Sessions ?? []);

        Erasure = new MemoryErasure { OperationId = begun.OperationId, RequestedAt = at, Removed = goesOn ? Erasure!.Removed : [] };
        VectorsBefore = Removed("vectors");
        Count("memories", Facts.Count, isShown: true);
        Count("tombstones", Tombstones.Count, isShown: true);
        Count("requests and proposals", Asked.Count + (begun.CountsDismissed ? Asked.Dismissed.Count : 0), isShown: true);
    }

    private bool IsOfErasure(string? operationId) => operationId is null || operationId == Erasure!.OperationId;

    private int Removed(string place) => Erasure!.Removed.FirstOrDefault(part => part.Place == place)?.Count ?? 0;

    private void Count(string place, int count, bool isShown = false)
    {
        if (count > 0 || isShown)
        {
            Erasure = Erasure! with { Removed = [.. Erasure.Removed.Where(part => part.Place != place), new ErasedPart { Place = place, Count = Removed(place) + count }] };
        }
    }
}
