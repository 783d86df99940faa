import genmux

client = genmux.Client("mps")
said = "The woman slowly turns her head and smiles, cinematic, smooth camera movement, photorealistic"
picture = "https://example.com/your-image.png"
film = client.videos.create(said, model="Kling/3.0", first_frame=picture, duration=5, audio=True)
film.wait(on_progress=lambda task: print(task.state))
print(film.result.url, film.result.width, film.result.height)
